"""What clicks and boxes say for certain, on a window's grid: which flow basin is meant, and what a mask may cover."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.engines.starter_window import Click, Corners, Window
from inference.labels import fill_holes
from inference.networks.prompt_decoder import WINDOW

Mask = NDArray[np.bool_]

_CUT_RATIO = 0.4


def on_grid(row: float, col: float, window: Window) -> tuple[int, int]:
    """Index of the window's sample that holds a place, the nearest one for a place outside."""
    down, across = (row - window.top) / window.step, (col - window.left) / window.step
    return int(np.clip(down, 0, WINDOW - 1)), int(np.clip(across, 0, WINDOW - 1))


def inside_box(box: Corners | None, window: Window) -> Mask:
    """Samples whose centre lies in the box; all without one."""
    if box is None:
        return np.ones((WINDOW, WINDOW), bool)
    axis = (np.arange(WINDOW) + 0.5) * window.step
    rows, cols = axis + window.top, axis + window.left
    return np.outer((rows >= box[0]) & (rows < box[2]), (cols >= box[1]) & (cols < box[3]))


def fitting_label(labels_hw: NDArray[np.int32], box_hw: Mask) -> int:
    """The basin that fills the box best (IoU of basin and box); 0 where there is none."""
    counted = np.bincount(labels_hw[box_hw], minlength=1)
    counted[0] = 0
    if not counted.any():
        return 0
    area = np.bincount(labels_hw.ravel(), minlength=counted.size)[: counted.size]
    return int(np.argmax(counted / np.maximum(area + box_hw.sum() - counted, 1)))


def meant_basin(labels_hw: NDArray[np.int32], clicks: list[Click], box: Corners | None, window: Window) -> Mask:
    """The basins under the positive clicks, or the one that fits the box, less what ``respect`` takes away.
    ``labels_hw`` numbers the basins of the window; 0 is none."""
    wanted = {int(labels_hw[on_grid(c.row, c.col, window)]) for c in clicks if c.positive}
    if not wanted and box is not None:
        wanted = {fitting_label(labels_hw, inside_box(box, window))}
    mask_hw = np.isin(labels_hw, sorted(wanted - {0}))
    return respect(mask_hw, clicks, box, window)


def respect(mask_hw: Mask, clicks: list[Click], box: Corners | None, window: Window) -> Mask:
    """The mask bound by the box, cut around negative clicks that lie on it, and of its parts
    those which hold a positive click, or else the largest."""
    mask_hw = mask_hw & inside_box(box, window)
    positive = [(c.row, c.col) for c in clicks if c.positive]
    if not positive and box is not None:
        positive = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)]
    mask_hw = fill_holes(mask_hw)
    for click in clicks:
        if not click.positive and mask_hw[on_grid(click.row, click.col, window)]:
            mask_hw = mask_hw & _beyond_cut(click, positive, window)
    number, parts_hw = cv2.connectedComponents(mask_hw.view(np.uint8), connectivity=4)
    if number <= 2:
        return mask_hw
    asked = {int(parts_hw[on_grid(c.row, c.col, window)]) for c in clicks if c.positive} - {0}
    largest = 1 + int(np.argmax(np.bincount(parts_hw.ravel())[1:]))
    return np.isin(parts_hw, sorted(asked) or [largest])


def _beyond_cut(click: Click, others: list[tuple[float, float]], window: Window) -> Mask:
    """Samples that stay: those whose distance to the click is at least _CUT_RATIO of that to the nearest of the other
    places, so that a click far out cuts much and one beside a wanted place little; never the click's own."""
    axis = (np.arange(WINDOW) + 0.5) * window.step
    rows, cols = axis[:, None] + window.top, axis[None] + window.left
    own = (rows - click.row) ** 2 + (cols - click.col) ** 2
    best = np.full((WINDOW, WINDOW), np.inf)
    for row, col in others:
        best = np.minimum(best, (rows - row) ** 2 + (cols - col) ** 2)
    keep: Mask = own >= _CUT_RATIO**2 * best
    keep[on_grid(click.row, click.col, window)] = False
    return keep
