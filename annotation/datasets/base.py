"""What every format of export has in common: what goes in, where it is written, and the one method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import UUID

from numpy.typing import NDArray

from annotation.geometry import Bounds
from inference.rle import Rle


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A class of the project; ``id`` is the database's."""

    id: int
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """What a reviewer said of a cell as it is: ``judgement`` is accepted, rejected or fixed."""

    judgement: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class CellRecord:
    """One cell as the database has it, on slice ``z`` of frame ``t``. ``label`` is its number in the image, 1 or more,
    not necessarily dense; cells of several planes with one label are one object. ``parent`` is the label of the object
    that divided into this one."""

    id: UUID
    label: int
    mask: Rle
    label_class: ClassRecord | None
    provenance: Mapping[str, Any]
    created_by: str
    t: int = 0
    z: int = 0
    parent: int | None = None
    verdict: VerdictRecord | None = None


@dataclass(frozen=True, slots=True)
class RegionRecord:
    """A rectangle of slice ``z`` of frame ``t`` in which every cell is annotated."""

    box: Bounds
    t: int = 0
    z: int = 0


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel as it is shown: ``colour`` is #rrggbb, black is ``low`` and below."""

    name: str
    colour: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Axes:
    """What an image's pixels are. ``pixel_um`` are micrometres along z, y and x, ``time_step`` seconds, None where the
    file says nothing; ``shown_z`` is the slice of frame 0 that stands for an image without cells."""

    dtype: str = "uint8"
    rgb: bool = False
    size_t: int = 1
    size_z: int = 1
    shown_z: int = 0
    pixel_um: tuple[float | None, float | None, float | None] = (None, None, None)
    time_step: float | None = None
    channels: tuple[ChannelRecord, ...] = (ChannelRecord("", "#ffffff", 0.0, 255.0),)

    @property
    def is_stack(self) -> bool:
        """Whether there is more than one plane."""
        return self.size_t * self.size_z > 1


class Pixels(Protocol):
    """Where an image's pixels are read from."""

    def plane_chw(self, t: int, z: int) -> NDArray[Any]:
        """All channels of one plane as they were stored: (channel, row, column)."""

    def files(self) -> Iterator[tuple[str, Path]]:
        """The files of the OME-Zarr pyramid: their paths inside it, and where they lie."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image at one moment. ``name`` is the person's word and never a path; ``stem`` and ``suffix`` are safe and no
    other image of the export has the same stem. ``cells`` can be read once, in ascending order of t, z and label.
    ``regions`` are those in which every cell is annotated; where there are none nothing is said. ``split`` is train,
    validation, test or empty."""

    id: UUID
    number: int
    name: str
    stem: str
    suffix: str
    height: int
    width: int
    file_sha256: str
    clock: int
    changed_at: datetime
    largest_label: int
    cells: Iterator[CellRecord]
    pixels: Pixels
    axes: Axes = field(default_factory=Axes)
    regions: tuple[RegionRecord, ...] = ()
    split: str = ""
    status: str = ""

    @property
    def folder(self) -> str:
        """The split's folder: what is in none is for training."""
        return self.split or "train"


class Sink(Protocol):
    """Where files go, one after another."""

    def file(self, path: str, *, compress: bool) -> AbstractContextManager[IO[bytes]]:
        """Open the next file for writing; it is complete when the context ends. ``path`` uses forward slashes."""


class Exporter(Protocol):
    """One format. ``summary`` says what it is for, ``layout`` which files there are and what is in them."""

    name: str
    title: str
    summary: str
    layout: str

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Write all images. Each image's cells have to be read before the next image is asked for, and memory must not
        grow with the number of images."""
