"""Instance images put in order: parts, holes, sizes, numbers."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from inference.heat import Boxes, cell_boxes

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Ring = NDArray[np.int8]


def fill_holes(mask_hw: Mask) -> Mask:
    """With the background that no path of edge neighbours joins to the border; many times faster than SciPy's."""
    around = cv2.copyMakeBorder(mask_hw.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(around, None, (0, 0), 2, flags=4)
    filled: Mask = around[1:-1, 1:-1] != 2
    return filled


@njit(nogil=True, cache=True)
def _root(parent: Labels, part: int) -> int:
    """The part that a part was found to be joined to in the end."""
    while parent[part] != part:
        part = parent[part]
    return part


@njit(nogil=True, cache=True)
def _parts(labels_hw: Labels) -> tuple[Labels, NDArray[np.int64]]:
    """Parts (edge neighbours of one label), numbered in reading order of their first pixels, and the size of each; 0 is
    background."""
    height, width = labels_hw.shape
    parts_hw = np.zeros((height, width), np.int32)
    parent = np.zeros(np.count_nonzero(labels_hw) + 1, np.int32)
    count = 0
    for row in range(height):
        for col in range(width):
            label = labels_hw[row, col]
            if label == 0:
                continue
            above = _root(parent, parts_hw[row - 1, col]) if row > 0 and labels_hw[row - 1, col] == label else 0
            before = _root(parent, parts_hw[row, col - 1]) if col > 0 and labels_hw[row, col - 1] == label else 0
            part = min(above, before) if above and before else above + before
            if part == 0:
                count += 1
                part = parent[count] = count
            parent[max(above, before, part)] = part
            parts_hw[row, col] = part
    size = np.zeros(count + 1, np.int64)
    for row in range(height):
        for col in range(width):
            part = _root(parent, parts_hw[row, col])
            parts_hw[row, col] = part
            size[part] += 1
    return parts_hw, size


@njit(nogil=True, cache=True)
def _largest_parts(labels_hw: Labels, parts_hw: Labels, size: NDArray[np.int64], count: int) -> Labels:
    """Labels of the largest part of each, the first of equal ones."""
    best = np.zeros(count + 1, np.int64)
    height, width = labels_hw.shape
    for row in range(height):
        for col in range(width):
            label, part = labels_hw[row, col], parts_hw[row, col]
            if label > 0 and part != best[label] and size[part] > (size[best[label]] if best[label] > 0 else 0):
                best[label] = part
    kept_hw = np.zeros((height, width), np.int32)
    for row in range(height):
        for col in range(width):
            label = labels_hw[row, col]
            if label > 0 and parts_hw[row, col] == best[label]:
                kept_hw[row, col] = label
    return kept_hw


@njit(nogil=True, cache=True)
def _reach(around: Ring, stack: NDArray[np.int64]) -> None:
    """Mark with 2 what is 0 in ``around`` (row, column) and joined to its first pixel by edge neighbours."""
    height, width = around.shape
    stack[0], top = 0, 1
    around[0, 0] = 2
    while top > 0:
        top -= 1
        row, col = stack[top] // width, stack[top] % width
        for way in range(4):
            r, c = row + (way == 0) - (way == 1), col + (way == 2) - (way == 3)
            if 0 <= r < height and 0 <= c < width and around[r, c] == 0:
                around[r, c] = 2
                stack[top] = r * width + c
                top += 1


@njit(nogil=True, cache=True)
def _with_holes(labels_hw: Labels, kept_hw: Labels, label: int, corner: tuple[int, int], around: Ring) -> int:
    """Make ``around`` 2 outside of a kept part (1) and its holes (0), as far as no other label lies there; it stands
    one pixel above and left of ``corner``. Returns the area."""
    top, left = corner
    height, width = around.shape
    for row in range(height - 2):
        for col in range(width - 2):
            around[row + 1, col + 1] = kept_hw[top + row, left + col] == label
    _reach(around, np.empty(around.size, np.int64))
    area = 0
    for row in range(height - 2):
        for col in range(width - 2):
            other = labels_hw[top + row, left + col]
            if other not in (0, label):
                around[row + 1, col + 1] = 2
            area += around[row + 1, col + 1] != 2
    return area


@njit(nogil=True, cache=True)
def _filled(labels_hw: Labels, kept_hw: Labels, boxes: Boxes, least: float) -> tuple[Labels, NDArray[np.int64]]:
    """The kept parts with their holes, as far as no other label lies there, numbered from 1; only those of at least
    ``least`` pixels. Also the label of each."""
    tidy_hw = np.zeros_like(kept_hw)
    order = np.empty(boxes.shape[0], np.int64)
    number = 0
    for label in range(1, boxes.shape[0]):
        top, left, bottom, right = boxes[label, 0], boxes[label, 1], boxes[label, 2], boxes[label, 3]
        if bottom == 0:
            continue
        around = np.zeros((bottom - top + 2, right - left + 2), np.int8)
        if _with_holes(labels_hw, kept_hw, label, (top, left), around) < least:
            continue
        order[number] = label
        number += 1
        for row in range(top, bottom):
            for col in range(left, right):
                if around[row - top + 1, col - left + 1] != 2:
                    tidy_hw[row, col] = number
    return tidy_hw, order[:number]


def tidy(labels_hw: Labels, *, min_area: float) -> Labels:
    """The largest part of each cell, holes filled, cells under ``min_area`` pixels dropped, numbers 1…n."""
    return tidy_with_order(labels_hw, min_area=min_area)[0]


def tidy_with_order(labels_hw: Labels, *, min_area: float) -> tuple[Labels, NDArray[np.int64]]:
    """As ``tidy``, and for each cell, in order, the number that it had before."""
    labels_hw = np.ascontiguousarray(labels_hw, np.int32)
    count = int(labels_hw.max(initial=0))
    parts_hw, size = _parts(labels_hw)
    kept_hw = _largest_parts(labels_hw, parts_hw, size, count)
    tidied: tuple[Labels, NDArray[np.int64]] = _filled(
        labels_hw, kept_hw, cell_boxes(kept_hw, count), max(min_area, 1.0)
    )
    return tidied


def drop_large(labels_hw: Labels, *, most: float) -> Labels:
    """Labels without the cells of more than ``most`` pixels."""
    keep = np.bincount(labels_hw.ravel()) <= most
    keep[0] = True
    return labels_hw if keep.all() else np.where(keep[labels_hw], labels_hw, 0).astype(np.int32)


def cell_diameters(labels_hw: Labels) -> NDArray[np.float32]:
    """Diameter in pixels of the circle with each label's area; index 0, the background, is 0."""
    area: NDArray[np.int64] = np.bincount(labels_hw.ravel())
    area[0] = 0
    return np.asarray(2 * np.sqrt(area / np.pi), np.float32)


def numbered(labels_hw: Labels) -> tuple[Labels, NDArray[np.int64]]:
    """The same cells as 1…n, and for each, in order, the number that it had before."""
    order = np.flatnonzero(np.bincount(labels_hw.ravel())[1:]) + 1
    if order.size == labels_hw.max(initial=0):
        return labels_hw, order
    table = np.zeros(int(labels_hw.max(initial=0)) + 1, np.int32)
    table[order] = np.arange(1, order.size + 1)
    return table[labels_hw], order
