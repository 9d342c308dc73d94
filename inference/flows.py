"""Flows between pixels and cells, after Cellpose (Stringer et al. 2021, Nature Methods 18:100).

A flow field is float32 (2, row, column): for each pixel of a cell the unit step, in rows and columns, towards the
middle of its cell. Targets come from heat that is fed in at each cell's middle and spreads inside the cell
(inference.heat); cells are found again by letting every pixel walk along the field (inference.dynamics).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.dynamics import walk
from inference.heat import Boxes, cell_boxes, slopes, spread_heat, squared_differences

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]

_SMALL = 400
"""In cells larger than this (height plus width, pixels) float32 has no room for the heat at the far end."""


def _sides(boxes: Boxes) -> NDArray[np.int64]:
    """Height plus width of each label; 0 of one without pixels."""
    return np.where(boxes[:, 2] > 0, boxes[:, 2] - boxes[:, 0] + boxes[:, 3] - boxes[:, 1], 0)


def flow_targets(labels_hw: Labels) -> Floats:
    """Unit flows (2, row, column) of an instance image (0 = background); 0 outside of cells. Slopes of the logarithm of
    the heat after as many rounds as the largest cell needs; a neighbour's heat has no part in them."""
    flow = np.zeros((2, *labels_hw.shape), np.float32)
    labels_hw = np.ascontiguousarray(labels_hw, np.int32)
    boxes = cell_boxes(labels_hw, int(labels_hw.max(initial=0)))
    rounds = np.full(len(boxes), 2 * _sides(boxes).max())
    heat_hw = np.zeros(labels_hw.shape, np.float64)
    spread_heat(labels_hw, boxes, rounds, heat_hw)
    slopes(labels_hw, np.log1p(heat_hw, out=heat_hw), flow)
    return flow


def labels_at(labels_hw: Labels, flow: Floats, rows_hw: Floats, cols_hw: Floats) -> Labels:
    """Labels of places between the pixels (in pixels of ``labels_hw``, the first pixel's centre at 0): where a
    short walk along the flow leads, so that borders are smooth where the places lie closer than the pixels."""
    rows, cols = walk(flow, None, rows_hw.ravel(), cols_hw.ravel(), steps=3)
    return labels_hw[np.rint(rows).astype(np.intp), np.rint(cols).astype(np.intp)].reshape(rows_hw.shape)


def flow_errors(labels_hw: Labels, flow: Floats) -> NDArray[np.float64]:
    """For each label 0…max the mean squared length of the difference between the flow that its shape would have and
    ``flow`` (0 for equal, 4 for opposite ones); 0 for the background.

    As ``cellpose.dynamics.flow_error`` measures it: from the slopes of the heat, into which a touching neighbour's
    leaks; except that the rounds are those of a cell that is alone in the image (there, the largest decides)."""
    labels_hw = np.ascontiguousarray(labels_hw, np.int32)
    boxes = cell_boxes(labels_hw, int(labels_hw.max(initial=0)))
    sides = _sides(boxes)
    heat_hw = np.zeros(labels_hw.shape, np.float32 if sides.max() < _SMALL else np.float64)
    spread_heat(labels_hw, boxes, 2 * (sides + 2), heat_hw)
    errors: NDArray[np.float64] = squared_differences(labels_hw, heat_hw, flow, len(boxes) - 1)
    return errors


def drop_doubtful(labels_hw: Labels, flow: Floats, *, flow_error: float) -> tuple[Labels, NDArray[np.float64]]:
    """Labels without the cells whose flow error exceeds ``flow_error`` (0: none is dropped), and all errors."""
    errors = flow_errors(labels_hw, flow)
    keep = errors <= flow_error if flow_error > 0 else np.ones(errors.size, bool)
    return np.where(keep[labels_hw], labels_hw, 0).astype(np.int32), errors
