"""Large images in pieces: where tiles start, and how their overlapping results become one array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of an image: its first row and column."""

    top: int
    left: int


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels, half-open: rows ``top`` ≤ row < ``bottom``, columns ``left`` ≤ column < ``right``."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def area(self) -> int:
        """Pixels."""
        return self.height * self.width

    def grown(self, margin: int, *, within: Window) -> Window:
        """With ``margin`` pixels more on each side, as far as ``within`` goes."""
        return Window(
            max(self.top - margin, within.top),
            max(self.left - margin, within.left),
            min(self.bottom + margin, within.bottom),
            min(self.right + margin, within.right),
        )

    def distance(self, row: float, col: float) -> float:
        """Pixels from a place to the nearest of this window's, along the farther axis; 0 inside."""
        return max(self.top - row, row - self.bottom, self.left - col, col - self.right, 0.0)


def spans(length: int, most: int) -> list[tuple[int, int]]:
    """An axis in equal parts (start, stop) of at most ``most`` pixels."""
    edges = np.linspace(0, length, -(-length // most) + 1).astype(int).tolist()
    return list(pairwise(edges))


def blocks(height: int, width: int, *, most: int) -> list[Window]:
    """A plane in windows of at most ``most`` pixels a side, row by row."""
    columns = spans(width, most)
    return [Window(top, left, bottom, right) for top, bottom in spans(height, most) for left, right in columns]


def tile_starts(length: int, *, size: int, overlap: float) -> list[int]:
    """First pixels of tiles of ``size`` along an axis of ``length`` ≥ ``size``, evenly spaced, the last one
    ending at the end. ``overlap`` is the share of a tile that each of its neighbours covers at least."""
    if length <= size:
        return [0]
    count = int(np.ceil((1.0 + 2 * overlap) * length / size))
    return [int(start) for start in np.linspace(0, length - size, count)]


def tiles(height: int, width: int, *, size: int, overlap: float) -> list[Tile]:
    """Tiles that cover (height, width), row by row."""
    columns = tile_starts(width, size=size, overlap=overlap)
    return [Tile(top, left) for top in tile_starts(height, size=size, overlap=overlap) for left in columns]


def batches(all_tiles: list[Tile], size: int) -> Iterator[list[Tile]]:
    """Tiles in groups of at most ``size``, in order."""
    for start in range(0, len(all_tiles), size):
        yield all_tiles[start : start + size]


def taper(size: int, *, softness: float = 7.5, margin: float = 20) -> FloatArray:
    """Weights (size, size) that fall off towards the border of a tile, where a network has seen the least: a
    logistic curve ``margin`` pixels from the border. The form and its numbers are Cellpose's."""
    distance = np.abs(np.arange(size) - (size - 1) / 2)
    line = 1 / (1 + np.exp((distance - (size / 2 - margin)) / softness))
    return np.asarray(np.outer(line, line), dtype=np.float32)


class Blend:
    """The weighted mean of overlapping tiles, in memory of its own size only."""

    def __init__(self, *, channels: int, height: int, width: int, size: int) -> None:
        self._sum_chw = np.zeros((channels, height, width), np.float32)
        self._weight_hw = np.zeros((height, width), np.float32)
        self._taper = taper(size)

    def add(self, tile: Tile, values_chw: FloatArray) -> None:
        """Add one tile's result (channel, row, column); what lies outside of the whole is left out."""
        height, width = self._weight_hw.shape
        top, left = max(tile.top, 0), max(tile.left, 0)
        bottom = min(tile.top + values_chw.shape[1], height)
        right = min(tile.left + values_chw.shape[2], width)
        rows = slice(top - tile.top, bottom - tile.top)
        columns = slice(left - tile.left, right - tile.left)
        weight = self._taper[rows, columns]
        self._sum_chw[:, top:bottom, left:right] += values_chw[:, rows, columns] * weight
        self._weight_hw[top:bottom, left:right] += weight

    def result(self) -> FloatArray:
        """The mean (channel, row, column). Every pixel has to be covered. Ends the use of this object."""
        self._sum_chw /= self._weight_hw
        return self._sum_chw
