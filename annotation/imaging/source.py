"""What every reader gives: named axes, what the file says about itself, and its pixels in bands of rows. Runs in the
decoder: no Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol

from numpy.typing import NDArray

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32")
"""What is stored and shown. Other numbers are converted where no value changes, or refused."""


@dataclass(frozen=True)
class Channel:
    """One channel as the file names it. ``colour`` is #rrggbb, or empty where the file says nothing."""

    name: str = ""
    colour: str = ""


@dataclass(frozen=True)
class About:
    """One series of a file. Sizes count pixels or planes, 1 where an axis is missing. ``rgb`` says that its three
    channels are one colour image. ``pixel_um`` is (z, y, x) in micrometres, ``time_step`` in seconds, None where the
    file does not say. ``notes``: what was left out or changed, for people. ``series``: the names of all series of the
    file in their order, where it has more than one. ``guessed``: it does not say what its planes are. ``planes``: how
    many of them follow each other in it, where they can be read in another way (see ``Choice``), 0 where they cannot.
    ``labels``: folders of label images that lie beside it.
    """

    size_t: int
    size_c: int
    size_z: int
    height: int
    width: int
    dtype: str
    channels: tuple[Channel, ...]
    rgb: bool = False
    pixel_um: tuple[float | None, float | None, float | None] = (None, None, None)
    time_step: float | None = None
    notes: tuple[str, ...] = field(default=())
    series: tuple[str, ...] = field(default=())
    guessed: bool = False
    planes: int = 0
    labels: tuple[str, ...] = field(default=())

    @property
    def asks(self) -> bool:
        """Whether the file leaves something open that a person may know."""
        return self.guessed or len(self.series) > 1 or bool(self.labels)


WITHOUT_LABELS = "Its labels were not imported with it."
HOLDS = "It holds"
"""How a note begins that says which image of several was read."""
STACKS = ("z", "t", "c")
"""What planes may be of which a file does not say it; the first is the guess."""
_ORDER = re.compile(r"[tcz]|(?:[tcz][1-9][0-9]{0,5}){2,3}")


@dataclass(frozen=True)
class Choice:
    """What a person says of a file: the number of the image that is wanted of several, and what its planes are, where
    the file does not say it or, with ``overrule``, whatever it says. ``planes``: empty for a guess; z, t or c where
    they are all of one kind; else axes with their sizes, those first that change first, such as c3z8."""

    series: int = 0
    planes: str = ""
    overrule: bool = False


def order_of(planes: str, count: int) -> tuple[tuple[str, int], ...]:
    """The axes and their sizes, those first that change first. Raises ValueError where ``count`` planes are none of
    these."""
    if not _ORDER.fullmatch(planes):
        raise ValueError("what the planes are is not one of z, t and c, nor sizes such as c3z8")
    if len(planes) == 1:
        return ((planes, count),)
    found = tuple((axis, int(size)) for axis, size in re.findall(r"([tcz])([0-9]+)", planes))
    if len(dict(found)) < len(found) or prod(size for _, size in found) != count:
        raise ValueError(f"the numbers of frames, channels and slices do not make {count:,} planes")
    return found


def places_of(order: tuple[tuple[str, int], ...]) -> list[dict[str, int]]:
    """Frame t, channel c and slice z of each plane in the file."""
    places = []
    for number in range(prod(size for _, size in order)):
        place, rest = {"t": 0, "c": 0, "z": 0}, number
        for axis, size in order:
            rest, place[axis] = divmod(rest, size)
        places.append(place)
    return places


MOST_ASKED = 24
"""Images of a file that a person is shown."""


def preview_name(number: int) -> str:
    """The picture of image ``number`` of a file that is asked about."""
    return f"preview-{number}.webp"


@dataclass(frozen=True)
class AskedSeries:
    """An image of a file that a person is asked about; ``problem`` says why it cannot be read, ``preview`` whether
    there is a picture of it."""

    name: str
    size_t: int = 1
    size_c: int = 1
    size_z: int = 1
    height: int = 1
    width: int = 1
    dtype: str = ""
    preview: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Question:
    """What a file leaves open: which of its images are wanted, and what its ``planes`` are where they are more than 0.
    ``labels`` are names of label images that could become cells."""

    series: tuple[AskedSeries, ...]
    planes: int = 0
    labels: tuple[str, ...] = ()


MAX_SERIES = 1000
"""Of which names are listed."""


def series_named(names: Sequence[str]) -> tuple[str, ...]:
    """For ``About.series``: nothing where there is no choice, a number where a name is missing."""
    if len(names) < 2:
        return ()
    return tuple(name[:120] or f"series {number}" for number, name in enumerate(names[:MAX_SERIES], 1))


class Source(Protocol):
    """One series, open for reading."""

    about: About

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start`` to ``stop`` of all channels of one plane: (channel, row, column), ``about.dtype``, native byte
        order. Rows are asked for from top to bottom, plane after plane (t, then z), each once; no more is decoded than
        that needs. Raises RefusalError."""
        ...
