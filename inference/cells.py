"""From a kept flow field to all cells of an image, in the image's own pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.contracts import AutoParams, Embedding, Segmentation
from inference.dynamics import STEPS, follow_flows
from inference.flows import Floats, Labels, drop_doubtful, labels_at
from inference.labels import drop_large, numbered, tidy, tidy_with_order

_STRIP = 512


@dataclass(frozen=True, slots=True)
class FlowMaps:
    """A flow field of an image of ``height`` × ``width`` pixels, at a scale of its own: ``flow`` (2, row, column) in
    steps of its pixels (length 1 in the middle of a cell's side), ``cell_hw`` the cell logit, both float16 or
    float32."""

    flow: NDArray[np.floating]
    cell_hw: NDArray[np.floating]
    height: int
    width: int

    @classmethod
    def of(cls, embedding: Embedding) -> FlowMaps:
        """From the arrays that every FlowEngine keeps."""
        flow, cell_hw = embedding.arrays["flow"], embedding.arrays["cell"]
        return cls(np.asarray(flow, np.float16), np.asarray(cell_hw, np.float16), embedding.height, embedding.width)

    @property
    def down(self) -> float:
        """Rows of the field in a row of the image."""
        return float(self.cell_hw.shape[0] / self.height)

    @property
    def across(self) -> float:
        """Columns of the field in a column of the image."""
        return float(self.cell_hw.shape[1] / self.width)

    @property
    def is_image_sized(self) -> bool:
        """Whether a pixel of the field is a pixel of the image."""
        return bool(self.cell_hw.shape == (self.height, self.width))


@dataclass(frozen=True, slots=True)
class Rules:
    """What an engine takes where AutoParams leave it open: the thresholds on cell logit and flow error, and the share
    of the image from which on a mask is taken for background (1: none is)."""

    cell_logit: float = 0.0
    flow_error: float = 0.4
    largest_share: float = 1.0


def find_cells(maps: FlowMaps, params: AutoParams, rules: Rules, *, steps: int = STEPS) -> Segmentation:
    """All cells, numbered without gaps; scores from cell probability and flow error. The field's scale is given:
    ``params.diameter`` does not change it, but joins what flows to places closer than half of it (see
    follow_flows)."""
    threshold = rules.cell_logit if params.cell_probability is None else params.cell_probability
    flow_error = rules.flow_error if params.flow_error is None else params.flow_error
    flow, cell_hw = maps.flow.astype(np.float32), maps.cell_hw.astype(np.float32)
    apart = 0.5 * (params.diameter or 0.0) * (maps.down * maps.across) ** 0.5
    raw_hw = follow_flows(flow, cell_hw > threshold, apart=apart, steps=steps)
    raw_hw = drop_large(raw_hw, most=rules.largest_share * raw_hw.size)
    least = params.min_area * maps.down * maps.across
    labels_hw = tidy(raw_hw, min_area=least if maps.is_image_sized else 0.5 * least)
    labels_hw, errors = drop_doubtful(labels_hw, flow, flow_error=flow_error)
    scores = _scores(labels_hw, cell_hw, errors)
    if maps.is_image_sized:
        final_hw, order = numbered(labels_hw)
    else:
        rough_hw = _in_image(labels_hw, flow, cell_hw, threshold, maps.height, maps.width)
        final_hw, order = tidy_with_order(rough_hw, min_area=params.min_area)
    return Segmentation(final_hw, tuple(scores[order].tolist()))


def _scores(labels_hw: Labels, cell_hw: Floats, errors: NDArray[np.float64]) -> Floats:
    """For each label 0…max: mean cell probability times one minus half the flow error; 0 for the background."""
    inside = np.flatnonzero(labels_hw)
    labels = labels_hw.ravel()[inside]
    count = np.bincount(labels, minlength=errors.size)
    chance = 1 / (1 + np.exp(-np.clip(cell_hw.ravel()[inside], -50, 50)))
    total = np.bincount(labels, chance, minlength=errors.size)
    scores = np.clip(total / np.maximum(count, 1) * (1 - errors / 2), 0, 1)
    scores[0] = 0
    return np.asarray(scores, np.float32)


def _in_image(labels_hw: Labels, flow: Floats, cell_hw: Floats, threshold: float, height: int, width: int) -> Labels:
    """Labels at every pixel of the image, strip by strip."""
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
