"""How images lie in Segment Anything's square, and how its logits become masks of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from inference.engines.base import Image
from inference.rle import EMPTY, Rle, decode

FloatArray = NDArray[np.float32]

LOW, HIGH = 0.1, 99.9
"""Percentiles between which 16-bit pixels become 8-bit ones."""
SAMPLE_PIXELS = 4_000_000
MASK_LOGIT = 8.0
"""How sure a mask prompt is: SAM's own masks come back to it with logits of this order."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From pixels to 8 bits: ``low`` becomes 0, and ``factor`` is what a step of one becomes."""

    low: float
    factor: float


def stretch_of(image: Image) -> Stretch | None:
    """How a whole image is stretched, so that its tiles look alike: 8-bit pixels stay as they are (None), 16-bit ones
    lie between percentiles over all channels together, so that colours stay; a constant image becomes 0."""
    if image.dtype == np.uint8:
        return None
    stride = max(1, int(np.ceil(np.sqrt(image.shape[0] * image.shape[1] / SAMPLE_PIXELS))))
    low, high = np.percentile(image[::stride, ::stride], (LOW, HIGH))
    return Stretch(float(low), float(255 / (high - low)) if high > low else 0.0)


def to_eight_bits(image: Image, stretch: Stretch | None) -> NDArray[np.uint8]:
    """The same axes in 8 bits."""
    if stretch is None:
        return np.asarray(image, dtype=np.uint8)
    return ((image.astype(np.float32) - stretch.low) * stretch.factor + 0.5).clip(0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Frame:
    """How an image of (height, width) lies in the network's square of ``size`` pixels: top left, longest side
    filled, the rest zero. Coordinates are continuous, a pixel's square running from its index to the next."""

    height: int
    width: int
    size: int

    @property
    def inner(self) -> tuple[int, int]:
        """Rows and columns of the square that the image fills."""
        scale = self.size / max(self.height, self.width)
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels for one image pixel, along rows and along columns."""
        return self.inner[0] / self.height, self.inner[1] / self.width


def _overlaps(start: int, length: int, *, scale: float, cells: int) -> FloatArray:
    """The share of each of ``cells`` grid cells that each image pixel start … start + length covers, (cells,
    length), a pixel being ``scale`` cells long."""
    edges = (start + np.arange(length + 1)) * scale
    low, high = edges[:-1], edges[1:]
    cell = np.arange(cells)[:, None]
    return np.asarray(np.clip(np.minimum(high, cell + 1) - np.maximum(low, cell), 0, None), dtype=np.float32)


def mask_logits(mask: Rle, frame: Frame, *, grid: int) -> FloatArray:
    """A mask as SAM's low-resolution mask prompt (4 × grid, 4 × grid): by the share of each cell that it
    covers."""
    cells = 4 * grid
    rows, columns = (scale * cells / frame.size for scale in frame.scale)
    down = _overlaps(mask.top, mask.height, scale=rows, cells=cells)
    across = _overlaps(mask.left, mask.width, scale=columns, cells=cells)
    covered = down @ decode(mask).astype(np.float32) @ across.T
    return np.asarray((np.clip(covered, 0, 1) * 2 - 1) * MASK_LOGIT, dtype=np.float32)


def _line(positions: NDArray[np.floating[Any]], count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Linear interpolation at continuous ``positions`` between the centres of ``count`` values: the index of the
    value before each position, and the share of the one after it."""
    centred = np.clip(positions - 0.5, 0, count - 1)
    before = np.minimum(np.floor(centred).astype(np.intp), max(0, count - 2))
    return before, centred - before


@dataclass(frozen=True, slots=True)
class _Taps:
    """Interpolation along one axis, in two steps as SAM does it, as one: image pixel ``start`` + i is the sum of
    ``weights`` (i, k) times cells ``first`` (i) + k."""

    start: int
    first: NDArray[np.intp]
    weights: FloatArray


def _taps(positive: NDArray[np.intp], *, cells: int, up: float, inner: int, length: int) -> _Taps | None:
    """For the image pixels that the ``positive`` cells, in order, can reach; each is ``up`` network pixels long, of
    which ``inner`` show the image's ``length`` pixels. One more cell on either side is looked at, beyond which no
    interpolated value is positive. None where none of it shows."""
    if not positive.size or positive[0] * up >= inner + up:
        return None
    low, high = max(0, int((positive[0] - 1) * up)), min(inner, int(np.ceil((positive[-1] + 2) * up)))
    scale = inner / length
    start, stop = int(low / scale), min(length, int(np.ceil(high / scale)))
    fine, fine_share = _line((np.arange(start, stop) + 0.5) * scale, inner)
    first, share = _line((np.arange(inner + 1) + 0.5) / up, cells)
    beyond = first[fine + 1] - first[fine]
    weights = np.zeros((stop - start, int(beyond.max()) + 2))
    index = np.arange(stop - start)
    for offset, part, cell in ((0, 1 - fine_share, fine), (beyond, fine_share, fine + 1)):
        weights[index, offset] += part * (1 - share[cell])
        weights[index, offset + 1] += part * share[cell]
    return _Taps(start, first[fine], weights.astype(np.float32))


@njit(nogil=True, cache=True)
def _mix(logits_hw: FloatArray, first: int, weights: FloatArray, mixed: FloatArray) -> None:
    """One line between the rows of cells from ``first`` on."""
    mixed[:] = 0
    for tap in range(weights.size):
        cell = min(first + tap, logits_hw.shape[0] - 1)
        for column in range(logits_hw.shape[1]):
            mixed[column] += weights[tap] * logits_hw[cell, column]


@njit(nogil=True, cache=True)
def _stretches_of_row(
    mixed: FloatArray,
    columns: NDArray[np.intp],
    weights: FloatArray,
    groups: NDArray[np.intp],
    found: NDArray[np.int64],
) -> int:
    """Write the half-open stretches above zero of one row into ``found`` (n, 2) and say how many there are. Pixels
    of a group lie between the same cells and are looked at one by one only where something may change."""
    inside, count, taps = False, 0, weights.shape[1]
    for group in range(groups.size - 1):
        first, above = columns[groups[group]], 0
        for tap in range(taps):
            above += mixed[first + tap] > 0
        if above == taps * inside:
            continue
        for column in range(groups[group], groups[group + 1]):
            value = np.float32(0)
            for tap in range(taps):
                value += weights[column, tap] * mixed[first + tap]
            if (value > 0) != inside:
                found[count, 1 if inside else 0] = column
                count += inside
                inside = not inside
    if inside:
        found[count, 1] = columns.size
        count += 1
    return count


@njit(nogil=True, cache=True)
def _stretches(
    logits_hw: FloatArray,
    rows: NDArray[np.intp],
    row_weights: FloatArray,
    columns: NDArray[np.intp],
    column_weights: FloatArray,
) -> NDArray[np.int64]:
    """Where the interpolated logits are above zero: (n, 3), the half-open columns of each stretch and its row, in
    reading order."""
    width = columns.size
    mixed = np.zeros(logits_hw.shape[1] + column_weights.shape[1], np.float32)
    changes = np.flatnonzero(columns[1:] != columns[:-1]) + 1
    groups = np.concatenate((np.array([0]), changes, np.array([width])))
    found, count = np.empty((4 * rows.size + width, 3), np.int64), 0
    for row in range(rows.size):
        _mix(logits_hw, rows[row], row_weights[row], mixed)
        if count + width > found.shape[0]:
            found = np.concatenate((found, np.empty_like(found)))
        more = _stretches_of_row(mixed, columns, column_weights, groups, found[count:])
        found[count : count + more, 2] = row
        count += more
    return found[:count]


def _rle(stretches: NDArray[np.int64], *, top: int, left: int) -> Rle:
    """The mask made of at least one stretch, the first row and column of which lie at (``top``, ``left``)."""
    starts, stops, rows = stretches.T
    first_row, first_column = int(rows[0]), int(starts.min())
    height, width = int(rows[-1]) + 1 - first_row, int(stops.max()) - first_column
    offsets = (rows - first_row) * width - first_column
    edges = np.concatenate(([0], np.stack((starts + offsets, stops + offsets), axis=1).ravel(), [height * width]))
    # A stretch may go on in the next row; the last one may end with the box.
    lengths = np.diff(edges)
    joined = np.flatnonzero(lengths[2:-1:2] == 0) * 2 + 2
    edges = np.delete(edges, np.concatenate((joined, joined + 1)))
    counts = np.diff(edges).tolist()
    return Rle(top + first_row, left + first_column, height, width, tuple(counts if counts[-1] else counts[:-1]))


def mask_of_logits(logits_hw: FloatArray, frame: Frame, *, top: int = 0, left: int = 0) -> Rle:
    """The image pixels whose logit is above zero, interpolated as SAM does it: to network pixels, then to
    image pixels. Only the part around positive cells is looked at. The frame's image lies at (``top``, ``left``)."""
    cells, positive = logits_hw.shape[0], logits_hw > 0
    (inner_rows, inner_columns), up = frame.inner, frame.size / cells
    used_rows, used_columns = np.flatnonzero(positive.any(axis=1)), np.flatnonzero(positive.any(axis=0))
    rows = _taps(used_rows, cells=cells, up=up, inner=inner_rows, length=frame.height)
    columns = _taps(used_columns, cells=cells, up=up, inner=inner_columns, length=frame.width)
    if rows is None or columns is None:
        return EMPTY
    stretches = _stretches(logits_hw, rows.first, rows.weights, columns.first, columns.weights)
    if not stretches.size:
        return EMPTY
    return _rle(stretches, top=rows.start + top, left=columns.start + left)
