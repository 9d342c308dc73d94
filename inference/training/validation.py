"""How good a network is in the middle of its training: average precision of what it finds at the true scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams
from inference.flows import Floats, Labels
from inference.training.datasets import Sample
from inference.training.metrics import average_precision

MAPS_PIXELS = 512
"""Larger pictures are cut to their middle: validation must not take the time from the training."""
Maps = tuple[NDArray[np.floating], NDArray[np.floating]]
"""A flow field (2, row, column) and the cell logit (row, column) at one scale."""


def middle(array: NDArray[np.generic], most: int) -> NDArray[np.generic]:
    """The middle ``most`` × ``most`` pixels of (row, column, …)."""
    rows, cols = (slice(max((side - most) // 2, 0), max((side - most) // 2, 0) + most) for side in array.shape[:2])
    return np.ascontiguousarray(array[rows, cols])


def flow_precision(maps_of: Callable[[Floats, float], Maps], samples: Sequence[Sample], *, diameter: float) -> float:
    """Mean AP@0.5 of the cells that follow from ``maps_of`` (unit_grey pixels, scale), each picture at the scale at
    which its cells are ``diameter`` pixels wide."""
    scores = []
    for sample in samples:
        scale = diameter / sample.diameter if sample.diameter > 0 else 1.0
        most = max(round(MAPS_PIXELS / scale), 1)
        pixels_hw, labels_hw = middle(sample.pixels_hw, most), middle(sample.labels_hw, most)
        flow, cell_hw = maps_of(np.asarray(pixels_hw, np.float32), scale)
        maps = FlowMaps(flow, cell_hw, *labels_hw.shape)
        found = find_cells(maps, AutoParams(), Rules())
        scores.append(precision(np.asarray(labels_hw, np.int32), found.labels_hw))
    return float(np.mean(scores))


def precision(true_hw: Labels, found_hw: Labels) -> float:
    """AP at IoU 0.5 of one picture."""
    return average_precision(true_hw, found_hw)["0.5"]
