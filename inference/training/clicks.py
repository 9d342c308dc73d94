"""Where an annotator clicks: in the middle of a cell, then in the middle of the worst mistake."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def inner_point(mask_hw: NDArray[np.bool_]) -> tuple[int, int]:
    """(row, column) of the pixel farthest from the mask's border, the border of the image counting as one."""
    where = ndimage.find_objects(mask_hw.astype(np.uint8))[0]
    depth_hw = ndimage.distance_transform_edt(np.pad(mask_hw[where], 1))[1:-1, 1:-1]
    row, col = np.unravel_index(int(np.argmax(depth_hw)), depth_hw.shape)
    return int(row) + where[0].start, int(col) + where[1].start


def next_click(mask_hw: NDArray[np.bool_], truth_hw: NDArray[np.bool_]) -> tuple[int, int, bool] | None:
    """(row, column, positive) at the centre of the largest region that is wrong, or None where all is right."""
    wrong_hw = mask_hw != truth_hw
    kinds_hw = np.where(wrong_hw, np.where(truth_hw, 2, 1), 0)
    best: tuple[int, NDArray[np.bool_], bool] | None = None
    for kind in (2, 1):
        parts_hw, number = ndimage.label(kinds_hw == kind)
        if number:
            sizes = np.bincount(parts_hw.ravel())[1:]
            if best is None or sizes.max() > best[0]:
                best = int(sizes.max()), parts_hw == 1 + np.argmax(sizes), kind == 2
    if best is None:
        return None
    row, col = inner_point(best[1])
    return row, col, best[2]
