"""Heat that is fed in at each cell's middle and spreads inside the cell: what flows are the slopes of (Stringer et al.
2021, Nature Methods 18:100), compiled. Each cell is worked on in a box of its own, which fits into a cache."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Boxes = NDArray[np.int64]
"""(label, 6): top, left, bottom, right (half-open), row and column of the middle; bottom is 0 for a label that has no
pixels, and for 0."""


@njit(nogil=True, cache=True)
def cell_boxes(labels_hw: Labels, count: int) -> Boxes:
    """Boxes of the labels 0…``count``; the middle is the mean, rounded, or the pixel next to it where that is not the
    cell's own."""
    height, width = labels_hw.shape
    boxes = np.zeros((count + 1, 6), np.int64)
    boxes[:, 0], boxes[:, 1] = height, width
    sums = np.zeros((count + 1, 3), np.int64)
    for row in range(height):
        for col in range(width):
            label = labels_hw[row, col]
            if label > 0:
                box = boxes[label]
                box[0], box[1] = min(box[0], row), min(box[1], col)
                box[2], box[3] = max(box[2], row + 1), max(box[3], col + 1)
                sums[label, 0] += row
                sums[label, 1] += col
                sums[label, 2] += 1
    for label in range(1, count + 1):
        box, area = boxes[label], sums[label, 2]
        if area == 0:
            continue
        box[4], box[5] = np.rint(sums[label, 0] / area), np.rint(sums[label, 1] / area)
        if labels_hw[box[4], box[5]] == label:
            continue
        mean_row, mean_col, best = box[4], box[5], np.inf
        for row in range(box[0], box[2]):
            for col in range(box[1], box[3]):
                away = (row - mean_row) ** 2 + (col - mean_col) ** 2
                if labels_hw[row, col] == label and away < best:
                    box[4], box[5], best = row, col, away
    return boxes


@njit(nogil=True, cache=True)
def _spread(heat_hw: NDArray[Any], sums_hw: NDArray[Any], inside_hw: NDArray[Any]) -> None:
    """One round: each pixel takes the mean of its square of nine, as far as they are inside. All three are
    (row + 2, column + 2) with a border of 0; ``inside_hw`` is 1/9 inside."""
    height, width = heat_hw.shape
    for row in range(1, height - 1):
        here, out = heat_hw[row], sums_hw[row]
        for col in range(1, width - 1):
            out[col] = here[col - 1] + here[col] + here[col + 1]
    for row in range(1, height - 1):
        above, here, below = sums_hw[row - 1], sums_hw[row], sums_hw[row + 1]
        out, share = heat_hw[row], inside_hw[row]
        for col in range(1, width - 1):
            out[col] = (above[col] + here[col] + below[col]) * share[col]


@njit(nogil=True, cache=True)
def spread_heat(labels_hw: Labels, boxes: Boxes, rounds: NDArray[np.int64], heat_hw: NDArray[Any]) -> None:
    """Write into ``heat_hw`` the heat of each cell after its number of ``rounds``, 1 fed in at its middle in each."""
    for label in range(1, boxes.shape[0]):
        top, left, bottom, right, row, col = boxes[label]
        if bottom == 0:
            continue
        shape = (bottom - top + 2, right - left + 2)
        own, sums = np.zeros(shape, heat_hw.dtype), np.zeros(shape, heat_hw.dtype)
        inside = np.zeros(shape, heat_hw.dtype)
        for r in range(top, bottom):
            for c in range(left, right):
                if labels_hw[r, c] == label:
                    inside[r - top + 1, c - left + 1] = 1 / 9
        for _ in range(rounds[label]):
            own[row - top + 1, col - left + 1] += 1
            _spread(own, sums, inside)
        for r in range(top, bottom):
            for c in range(left, right):
                if labels_hw[r, c] == label:
                    heat_hw[r, c] = own[r - top + 1, c - left + 1]


@njit(nogil=True, cache=True)
def slopes(labels_hw: Labels, heat_hw: NDArray[Any], flow: NDArray[Any]) -> None:
    """Write into ``flow`` (2, row, column) the direction in which the heat rises; another cell's heat counts as
    none."""
    height, width = labels_hw.shape
    for row in range(height):
        for col in range(width):
            label = labels_hw[row, col]
            if label <= 0:
                continue
            down = across = 0.0
            for way in (-1, 1):
                if 0 <= row + way < height and labels_hw[row + way, col] == label:
                    down += way * heat_hw[row + way, col]
                if 0 <= col + way < width and labels_hw[row, col + way] == label:
                    across += way * heat_hw[row, col + way]
            length = max(np.sqrt(down * down + across * across), 1e-60)
            flow[0, row, col], flow[1, row, col] = down / length, across / length


@njit(nogil=True, cache=True)
def squared_differences(
    labels_hw: Labels, heat_hw: NDArray[Any], flow: NDArray[Any], count: int
) -> NDArray[np.float64]:
    """For each label 0…``count`` the mean squared length of the difference between ``flow`` (2, row, column) and the
    direction in which the heat rises, other cells' heat as it is; 0 for 0 and for labels without pixels."""
    height, width = labels_hw.shape
    total, area = np.zeros(count + 1), np.zeros(count + 1)
    for row in range(height):
        for col in range(width):
            label = labels_hw[row, col]
            if label <= 0:
                continue
            down = heat_hw[row + 1, col] if row + 1 < height else 0.0
            down -= heat_hw[row - 1, col] if row > 0 else 0.0
            across = heat_hw[row, col + 1] if col + 1 < width else 0.0
            across -= heat_hw[row, col - 1] if col > 0 else 0.0
            length = max(np.sqrt(down * down + across * across), 1e-60)
            down, across = down / length - flow[0, row, col], across / length - flow[1, row, col]
            total[label] += down * down + across * across
            area[label] += 1
    return total / np.maximum(area, 1)
