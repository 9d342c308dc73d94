"""How well instances were found: average precision as in the Cellpose and StarDist papers.

For one image and one IoU threshold, predicted and true cells are matched one to one (optimal assignment among the
pairs that reach the threshold) and AP = TP / (TP + FP + FN). The total of a set of images is the mean over its images,
as Cellpose forms it. An image with neither true nor predicted cells counts as 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Labels = NDArray[np.integer]
THRESHOLDS = tuple(round(0.5 + 0.05 * index, 2) for index in range(9))


def overlap_ious(true_hw: Labels, found_hw: Labels) -> NDArray[np.float64]:
    """IoU of every true (rows) with every found cell (columns), cells in ascending order of label."""
    true_ids, true = np.unique(true_hw, return_inverse=True)
    found_ids, found = np.unique(found_hw, return_inverse=True)
    shape = (true_ids.size, found_ids.size)
    table = np.bincount(true.ravel() * shape[1] + found.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    ious: NDArray[np.float64] = table / np.maximum(union, 1)
    cells: NDArray[np.float64] = ious[true_ids != 0][:, found_ids != 0]
    return cells


def true_positives(ious: NDArray[np.float64], threshold: float) -> int:
    """Most pairs, each cell used once, with IoU ≥ ``threshold``."""
    if 0 in ious.shape:
        return 0
    good = ious >= threshold
    ties = ious / (2 * min(ious.shape))
    rows, cols = linear_sum_assignment(-(good.astype(float) + ties))
    return int(good[rows, cols].sum())


def average_precision(true_hw: Labels, found_hw: Labels) -> dict[str, float]:
    """AP of one image by name: “0.5”, “0.75” and “mean” over 0.5, 0.55 … 0.9."""
    ious = overlap_ious(true_hw, found_hw)
    scores = {}
    for threshold in THRESHOLDS:
        hits = true_positives(ious, threshold)
        cells = sum(ious.shape) - hits
        scores[threshold] = hits / cells if cells else 1.0
    return {"0.5": scores[0.5], "0.75": scores[0.75], "mean": float(np.mean(list(scores.values())))}


def mean_by_key(rows: Iterable[Mapping[str, float]], keys: Iterable[str]) -> dict[str, float]:
    """Mean over rows of each key; 0 without rows."""
    listed = list(rows)
    return {key: float(np.mean([row[key] for row in listed])) if listed else 0.0 for key in keys}
