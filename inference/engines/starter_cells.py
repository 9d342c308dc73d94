"""From the starter network's maps to all cells of an image, in the image's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.contracts import AutoParams, Segmentation
from inference.engines.starter_encoding import Maps
from inference.flows import Floats, Labels, drop_doubtful, follow_flows, labels_at, tidy

CELL_LOGIT = 0.0
FLOW_ERROR = 0.4
_STRIP = 512


def find_cells(maps: Maps, params: AutoParams, *, height: int, width: int) -> Segmentation:
    """Cells of a ``height`` × ``width`` image, numbered without gaps; scores from cell probability and flow error."""
    threshold = CELL_LOGIT if params.cell_probability is None else params.cell_probability
    flow_error = FLOW_ERROR if params.flow_error is None else params.flow_error
    flow, cell_hw = maps.flow.astype(np.float32), maps.cell_hw.astype(np.float32)
    ratio = cell_hw.size / (height * width)
    labels_hw = tidy(follow_flows(flow, cell_hw > threshold), min_area=0.5 * params.min_area * ratio)
    labels_hw, errors = drop_doubtful(labels_hw, flow, flow_error=flow_error)
    scores = _scores(labels_hw, cell_hw, errors)
    rough_hw = _in_image(labels_hw, flow, cell_hw, threshold, height, width)
    final_hw = tidy(rough_hw, min_area=params.min_area)
    best = np.zeros(int(final_hw.max()) + 1)
    np.maximum.at(best, final_hw.ravel(), scores[rough_hw.ravel()])
    return Segmentation(final_hw, tuple(float(score) for score in best[1:]))


def _scores(labels_hw: Labels, cell_hw: Floats, errors: NDArray[np.float64]) -> Floats:
    """For each label 0…max: mean cell probability times one minus flow error; 0 for the background."""
    chance = 1 / (1 + np.exp(-cell_hw))
    count = np.bincount(labels_hw.ravel(), minlength=errors.size)
    total = np.bincount(labels_hw.ravel(), chance.ravel(), minlength=errors.size)
    scores = np.clip(total / np.maximum(count, 1) * (1 - errors), 0, 1)
    scores[0] = 0
    return np.asarray(scores, np.float32)


def _in_image(labels_hw: Labels, flow: Floats, cell_hw: Floats, threshold: float, height: int, width: int) -> Labels:
    """Labels at every pixel of the image, strip by strip."""
    if labels_hw.shape == (height, width):
        return labels_hw
    down, across = labels_hw.shape[0] / height, labels_hw.shape[1] / width
    cols = np.clip((np.arange(width, dtype=np.float32) + 0.5) * across - 0.5, 0, labels_hw.shape[1] - 1)
    out_hw = np.zeros((height, width), np.int32)
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        rows = np.clip((np.arange(top, bottom, dtype=np.float32) + 0.5) * down - 0.5, 0, labels_hw.shape[0] - 1)
        shape = (bottom - top, width)
        rows_hw = np.ascontiguousarray(np.broadcast_to(rows[:, None], shape), np.float32)
        cols_hw = np.ascontiguousarray(np.broadcast_to(cols[None], shape), np.float32)
        inside_hw = cv2.remap(cell_hw, cols_hw, rows_hw, cv2.INTER_LINEAR) > threshold
        out_hw[top:bottom] = np.where(inside_hw, labels_at(labels_hw, flow, rows_hw, cols_hw), 0)
    return out_hw
