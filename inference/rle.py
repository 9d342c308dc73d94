"""Masks as run lengths, cropped to their bounding box.

A mask of one cell is stored as the box that it fills and the lengths of alternating runs of
background and foreground inside that box, read row by row, the first run being background (and 0
long where the first pixel is foreground). It is the only form in which masks travel: to Postgres, over
the WebSocket, through Celery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rle:
    """One mask. ``top`` and ``left`` are the image coordinates of the box's first pixel; ``height`` and
    ``width`` are in pixels; ``counts`` alternate background, foreground, … and sum to height × width.

    The empty mask has height and width 0 and no counts.
    """

    top: int
    left: int
    height: int
    width: int
    counts: tuple[int, ...]

    @property
    def area(self) -> int:
        """Foreground pixels."""
        return sum(self.counts[1::2])

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """First column right of the box."""
        return self.left + self.width

    def moved(self, *, down: int, across: int) -> Rle:
        """The same shape, so many pixels further down and to the right."""
        return Rle(self.top + down, self.left + across, self.height, self.width, self.counts)


_ALTERNATING: NDArray[np.bool_] = np.arange(4096) % 2 == 1
EMPTY = Rle(0, 0, 0, 0, ())


def check_counts(*, height: int, width: int, counts: Sequence[int]) -> None:
    """Raise ValueError unless ``counts`` describe a ``height`` × ``width`` box exactly, without empty runs
    other than the first."""
    if height < 0 or width < 0:
        raise ValueError("A mask's box has a negative size.")
    if any(count < 0 for count in counts):
        raise ValueError("A mask's run length is negative.")
    if 0 in counts[1:]:
        raise ValueError("A mask's run length is zero.")
    if sum(counts) != height * width:
        raise ValueError("A mask's run lengths do not add up to its box.")


def encode(mask_hw: NDArray[np.bool_], *, top: int = 0, left: int = 0) -> Rle:
    """Run lengths of a boolean (height, width) mask whose first pixel lies at (``top``, ``left``),
    cropped to its foreground."""
    if mask_hw.ndim != 2:
        raise ValueError(f"A mask has two axes (row, column), not {mask_hw.ndim}.")
    rows = np.flatnonzero(mask_hw.any(axis=1))
    if rows.size == 0:
        return EMPTY
    cols = np.flatnonzero(mask_hw.any(axis=0))
    crop = mask_hw[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    flat = np.concatenate(([False], crop.ravel().astype(bool), [True]))
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    total = crop.size
    bounds = np.concatenate(([0], edges, [total]))
    counts = np.diff(bounds)
    if counts.size > 1 and counts[-1] == 0:
        counts = counts[:-1]
    height, width = crop.shape
    return Rle(int(rows[0]) + top, int(cols[0]) + left, height, width, tuple(counts.tolist()))


def decode(rle: Rle) -> NDArray[np.bool_]:
    """The mask inside its box: boolean (height, width)."""
    count = len(rle.counts)
    values = _ALTERNATING[:count] if count <= len(_ALTERNATING) else np.arange(count) % 2 == 1
    return np.repeat(values, np.array(rle.counts, np.int64)).reshape(rle.height, rle.width)


def paste(rle: Rle, target_hw: NDArray[np.generic], value: int) -> None:
    """Write ``value`` into ``target_hw`` (row, column; whole image) wherever the mask is foreground; what
    lies outside of the target is left out."""
    top, left = max(rle.top, 0), max(rle.left, 0)
    bottom, right = min(rle.bottom, target_hw.shape[0]), min(rle.right, target_hw.shape[1])
    if top >= bottom or left >= right:
        return
    mask = decode(rle)[top - rle.top : bottom - rle.top, left - rle.left : right - rle.left]
    target_hw[top:bottom, left:right][mask] = value


def from_labels(labels_hw: NDArray[np.integer]) -> list[tuple[int, Rle]]:
    """(label, mask) of every non-zero label of an instance image (row, column), in ascending order of label."""
    from scipy import ndimage

    found = []
    for label, where in enumerate(ndimage.find_objects(labels_hw), start=1):
        if where is None:
            continue
        rows, cols = where
        found.append((label, encode(labels_hw[where] == label, top=rows.start, left=cols.start)))
    return found
