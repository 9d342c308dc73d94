"""What every reader gives: named axes, what the file says about itself, and its pixels in bands of rows. Runs in the
decoder: no Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    file in their order, where it has more than one. ``stack_guess``: which axis (t, z or c) its planes were taken to
    be, where the file does not say; empty where it does.
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
    stack_guess: str = ""


STACKS = ("z", "t", "c")
"""What planes may be of which a file does not say it; the first is the guess."""
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
