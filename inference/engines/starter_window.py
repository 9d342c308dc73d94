"""What the prompt decoder sees of one prompt: a window of the maps, and the prompt drawn into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.flows import Floats
from inference.networks.prompt_decoder import (
    ABSENT,
    BOX_END,
    BOX_START,
    DENSE,
    NEGATIVE,
    POSITIVE,
    WINDOW,
)
from inference.networks.starter import FEATURE_STRIDE

_BUMP = 3.0
_CELLS = WINDOW // FEATURE_STRIDE


@dataclass(frozen=True, slots=True)
class Click:
    """Position in network pixels, edges as in contracts.Point."""

    row: float
    col: float
    positive: bool


Corners = tuple[float, float, float, float]
"""Top, left, bottom, right in network pixels."""


@dataclass(frozen=True, slots=True)
class Window:
    """``WINDOW`` × ``WINDOW`` samples of the maps, ``step`` network pixels apart, from (top, left): multiples of
    FEATURE_STRIDE, also negative. Outside of the image everything is 0."""

    top: int
    left: int
    step: int

    @property
    def side(self) -> int:
        """Network pixels along one side."""
        return WINDOW * self.step


def choose_window(row: float, col: float, extent: float) -> Window:
    """The window around a place in which something ``extent`` network pixels large has room."""
    step = 1
    while extent > 0.8 * WINDOW * step and step < 16:
        step *= 2
    grid = FEATURE_STRIDE * step
    top, left = (round((value - WINDOW * step / 2) / grid) * grid for value in (row, col))
    return Window(top, left, step)


def cut(planes: NDArray[np.generic], window: Window, *, stride: int = 1) -> Floats:
    """The window out of (channels, row, column) planes that lie ``stride`` network pixels apart, as float32.
    Windows with a step above 1 are averaged down."""
    side = window.side // stride
    top, left = window.top // stride, window.left // stride
    out = np.zeros((planes.shape[0], side, side), np.float32)
    r0, c0 = max(top, 0), max(left, 0)
    r1, c1 = min(top + side, planes.shape[1]), min(left + side, planes.shape[2])
    if r0 < r1 and c0 < c1:
        out[:, r0 - top : r1 - top, c0 - left : c1 - left] = planes[:, r0:r1, c0:c1]
    if window.step > 1:
        small = side // window.step
        out = out.reshape(-1, small, window.step, small, window.step).mean(axis=(2, 4))
    return out


def window_labels(labels_hw: NDArray[np.int32], window: Window) -> NDArray[np.int32]:
    """Labels in the window, every ``step``-th pixel; 0 outside of the image."""
    out = np.zeros((window.side, window.side), np.int32)
    r0, c0 = max(window.top, 0), max(window.left, 0)
    r1, c1 = (
        min(window.top + window.side, labels_hw.shape[0]),
        min(window.left + window.side, labels_hw.shape[1]),
    )
    if r0 < r1 and c0 < c1:
        out[r0 - window.top : r1 - window.top, c0 - window.left : c1 - window.left] = labels_hw[r0:r1, c0:c1]
    return out[window.step // 2 :: window.step, window.step // 2 :: window.step]


def _bumps(clicks: list[Click], window: Window, *, positive: bool) -> Floats:
    """The highest of the Gaussians at the clicks of one sign."""
    out = np.zeros((WINDOW, WINDOW), np.float32)
    axis = np.arange(WINDOW) + 0.5
    for click in clicks:
        if click.positive is not positive:
            continue
        row, col = (click.row - window.top) / window.step, (click.col - window.left) / window.step
        down, across = (np.exp(-((axis - value) ** 2) / (2 * _BUMP**2)) for value in (row, col))
        out = np.maximum(out, np.outer(down, across).astype(np.float32))
    return out


def _box_plane(box: Corners | None, window: Window) -> Floats:
    out = np.zeros((WINDOW, WINDOW), np.float32)
    if box is not None:
        top, bottom = (round((value - window.top) / window.step) for value in (box[0], box[2]))
        left, right = (round((value - window.left) / window.step) for value in (box[1], box[3]))
        out[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 1
    return out


def draw_dense(
    flow_and_cell: Floats,
    clicks: list[Click],
    box: Corners | None,
    *,
    basin_hw: Floats,
    mask_hw: Floats,
    window: Window,
) -> Floats:
    """(8, 128, 128): clicks on it, clicks off it, box, basin, mask prompt, flow rows, flow columns, cell logit. The
    first argument is (3, 128, 128), basin and mask (128, 128), all cut to the window."""
    dense = np.empty((DENSE, WINDOW, WINDOW), np.float32)
    dense[0], dense[1] = _bumps(clicks, window, positive=True), _bumps(clicks, window, positive=False)
    dense[2], dense[3], dense[4] = _box_plane(box, window), basin_hw, mask_hw
    dense[5:7] = flow_and_cell[:2]
    dense[7] = np.clip(flow_and_cell[2], -6, 6) / 3
    return dense


def draw_tokens(
    clicks: list[Click], box: Corners | None, window: Window, *, length: int | None = None
) -> tuple[Floats, NDArray[np.int64]]:
    """Positions (n, 2) in 0 … 1 of the window and kinds (n,), filled up to ``length`` with absent ones."""
    rows = [(c.row, c.col, POSITIVE if c.positive else NEGATIVE) for c in clicks]
    if box is not None:
        rows += [(box[0], box[1], BOX_START), (box[2], box[3], BOX_END)]
    rows += [(window.top, window.left, ABSENT)] * max((length or 0) - len(rows), 0 if rows else 1)
    table = np.asarray(rows, np.float64)
    places = (table[:, :2] - (window.top, window.left)) / window.side
    return places.astype(np.float32), table[:, 2].astype(np.int64)
