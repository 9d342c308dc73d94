"""What goes into an engine and what comes out: frozen, small, free of torch.

Coordinates are (row, column) in pixels of the image, the centre of the first pixel at (0.5, 0.5), so that
a pixel's own square runs from its index to its index plus one. Boxes are half-open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.rle import Rle

Capability = Literal["prompt", "auto", "flows"]
"""Answers prompts; finds all cells; keeps flow fields, so that new thresholds need no network."""


@dataclass(frozen=True, slots=True)
class Point:
    """A click. ``positive`` says that the pixel belongs to the cell; otherwise that it does not."""

    row: float
    col: float
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, half-open: rows ``top`` ≤ row < ``bottom``, columns ``left`` ≤ column < ``right``."""

    top: float
    left: float
    bottom: float
    right: float


@dataclass(frozen=True, slots=True)
class Scribble:
    """A stroke: its corners as (row, column), in order, at least one. ``positive`` as in Point."""

    places: tuple[tuple[float, float], ...]
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Prompts:
    """Everything that a person said about one cell. At least one of the fields is given."""

    points: tuple[Point, ...] = ()
    box: Box | None = None
    mask: Rle | None = None
    scribbles: tuple[Scribble, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskResult:
    """One mask with the engine's own estimate of its IoU or confidence, 0 to 1."""

    mask: Rle
    score: float


@dataclass(frozen=True, slots=True)
class Embedding:
    """What a prompt engine keeps of one image.

    ``weights`` is the SHA-256 (hex) of the weights file, ``preprocessing`` names how pixels became network
    input; both are part of the store's key. ``arrays`` are what the engine's ``predict`` needs, by name; their
    axes are the engine's own business.
    """

    engine: str
    weights: str
    preprocessing: str
    height: int
    width: int
    arrays: Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class AutoParams:
    """How to find all cells. None means the engine's own default.

    ``cell_probability`` is the threshold on the network's cell logit, ``flow_error`` the largest mean squared
    flow error that a mask may have (0 switches the check off), ``min_area`` is in pixels, ``diameter`` is the
    typical cell diameter in pixels: the scale at which a network sees the image. ``cached`` asks for masks of the
    flow field that is kept already; a diameter then says how far the middles of two cells are apart at least.
    ``first`` is the part that somebody looks at: its cells come first.
    """

    cell_probability: float | None = None
    flow_error: float | None = None
    min_area: int = 15
    diameter: float | None = None
    cached: bool = False
    first: Box | None = None


@dataclass(frozen=True, slots=True)
class Segmentation:
    """All cells of one image. ``labels_hw`` is int32, 0 = background, cells 1…n without gaps; ``scores`` and
    ``classes`` by cell, the latter only from engines that tell classes apart."""

    labels_hw: NDArray[np.int32]
    scores: tuple[float, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """The cells of one neighbourhood that is done, while the rest of the image goes on. No cell is in two parts.

    ``number`` stands for the same neighbourhood in every repetition of the run. ``classes`` as in Segmentation.
    """

    number: int
    cells: tuple[MaskResult, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number of an engine: ``measure`` on the images of ``dataset``."""

    dataset: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class EngineCard:
    """What people are told about an engine. ``about`` is the text of its page: what is inside, what it was trained
    on, where it fails; an empty line between paragraphs."""

    name: str
    title: str
    summary: str
    capabilities: frozenset[Capability]
    licence: str
    notice: str = ""
    about: str = ""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """One file of weights that an engine can run: published at ``url``, included in Cytomark, or somebody's own.
    ``sha256`` (hex) and ``size`` (bytes) are empty and None where nobody has stated or measured them; ``command``
    fetches it, where it can be fetched; ``used`` says that this is the file which the engine runs."""

    name: str
    filename: str
    origin: Literal["published", "included", "own"]
    url: str
    licence: str
    sha256: str
    size: int | None
    here: bool
    used: bool
    command: str


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine can be used on this machine; ``problem`` is a sentence that says what is missing."""

    card: EngineCard
    available: bool
    weights: str = ""
    problem: str = ""


Projection = Literal["none", "max", "mean"]
"""What becomes of the slices: the one at z, or the largest or mean value over all of them."""


@dataclass(frozen=True, slots=True)
class PlaneView:
    """What a network gets of an image with many planes: frame ``t``, slice ``z`` or a ``projection``, and one channel
    (grey) or three (red, green, blue). ``ranges``: for each channel the values that become 0 and 65,535; empty where
    values go in as they are, which only uint8 and uint16 can."""

    t: int = 0
    z: int = 0
    channels: tuple[int, ...] = (0,)
    projection: Projection = "none"
    ranges: tuple[tuple[float, float], ...] = ()

    @property
    def text(self) -> str:
        """In words, for where a mask came from; empty for the colours, or the first channel, of a slice as they are."""
        said = []
        if self.channels not in ((0,), (0, 1, 2)):
            said.append(f"channel {', '.join(str(channel + 1) for channel in self.channels)}")
        if self.projection != "none":
            said.append(f"{self.projection} over z")
        said += [f"{low:g} to {high:g}" for low, high in self.ranges]
        return "; ".join(said)


FIRST_PLANE = PlaneView()


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Where a task finds pixels: ``path`` is the folder of an OME-Zarr pyramid with axes t, c, z, y, x, and ``view``
    what of it is meant; ``sha256`` is the hash of all its pixels."""

    path: str
    sha256: str
    height: int
    width: int
    view: PlaneView = FIRST_PLANE


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a mask came from, in words that a later program can replay."""

    engine: str
    weights: str
    preprocessing: str
    params: Mapping[str, object] = field(default_factory=dict)
