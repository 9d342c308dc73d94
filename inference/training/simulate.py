"""A simulated annotator: how many clicks a prompt engine needs for a cell whose mask is known.

The first click lies at the pixel of the true cell that is farthest from its border; each further one, up to nine,
at the innermost pixel of the largest region that the best candidate gets wrong: positive where the cell is missed,
negative where too much is covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.contracts import Embedding, Point, Prompts
from inference.engines.base import PromptEngine
from inference.rle import EMPTY, Rle, paste
from inference.training.clicks import inner_point, next_click

MOST_CLICKS = 10
_COUNTED = (1, 2, 3, 5)
_GOALS = {"0.80": 0.8, "0.85": 0.85}


@dataclass(frozen=True, slots=True)
class CellRun:
    """IoU after 1, 2, … clicks with one cell."""

    ious: tuple[float, ...]

    def after(self, clicks: int) -> float:
        """IoU after that many clicks; a cell that was settled earlier keeps its last IoU."""
        return self.ious[min(clicks, len(self.ious)) - 1]

    def clicks_to(self, iou: float) -> int:
        """First number of clicks that reaches ``iou``; MOST_CLICKS where none does."""
        reached = [number for number, value in enumerate(self.ious, start=1) if value >= iou]
        return reached[0] if reached else MOST_CLICKS


def _window(where: tuple[slice, slice], mask: Rle, shape: tuple[int, int]) -> tuple[slice, slice]:
    """The part of the image in which both the cell and the candidate lie."""
    tops, lefts = [where[0].start], [where[1].start]
    bottoms, rights = [where[0].stop], [where[1].stop]
    if mask.area:
        tops, lefts = [*tops, mask.top], [*lefts, mask.left]
        bottoms, rights = [*bottoms, mask.bottom], [*rights, mask.right]
    return slice(max(min(tops) - 1, 0), min(max(bottoms) + 1, shape[0])), slice(
        max(min(lefts) - 1, 0), min(max(rights) + 1, shape[1])
    )


def _compare(
    labels_hw: NDArray[np.int32], label: int, where: tuple[slice, slice], mask: Rle
) -> tuple[float, NDArray[np.bool_], NDArray[np.bool_], tuple[int, int]]:
    """IoU, candidate and truth in a common window, and the window's first pixel."""
    rows, cols = _window(where, mask, (labels_hw.shape[0], labels_hw.shape[1]))
    truth_hw = labels_hw[rows, cols] == label
    drawn_hw = np.zeros(truth_hw.shape, np.uint8)
    paste(Rle(mask.top - rows.start, mask.left - cols.start, mask.height, mask.width, mask.counts), drawn_hw, 1)
    found_hw = drawn_hw > 0
    union = np.count_nonzero(truth_hw | found_hw)
    return np.count_nonzero(truth_hw & found_hw) / union, found_hw, truth_hw, (rows.start, cols.start)


def run_cell(
    engine: PromptEngine,
    embedding: Embedding,
    labels_hw: NDArray[np.int32],
    *,
    label: int,
    where: tuple[slice, slice],
) -> CellRun:
    """Click until the cell is exactly right, no later click can change a figure, or MOST_CLICKS are used."""
    row, col = inner_point(labels_hw[where] == label)
    points = [Point(row + where[0].start + 0.5, col + where[1].start + 0.5)]
    ious: list[float] = []
    while True:
        found = engine.predict(embedding, Prompts(points=tuple(points)))
        iou, found_hw, truth_hw, (top, left) = _compare(labels_hw, label, where, found[0].mask if found else EMPTY)
        ious.append(iou)
        settled = len(ious) >= _COUNTED[-1] and max(ious) >= max(_GOALS.values())
        click = None if settled else next_click(found_hw, truth_hw)
        if click is None or len(points) == MOST_CLICKS:
            return CellRun(tuple(ious))
        points.append(Point(click[0] + top + 0.5, click[1] + left + 0.5, positive=click[2]))


def run_image(engine: PromptEngine, embedding: Embedding, labels_hw: NDArray[np.int32]) -> list[CellRun]:
    """Every cell of an image, in order of label."""
    return [
        run_cell(engine, embedding, labels_hw, label=label, where=where)
        for label, where in enumerate(ndimage.find_objects(labels_hw), start=1)
        if where is not None
    ]


def mean_ious(runs: Sequence[CellRun]) -> dict[str, float]:
    """Mean IoU after 1, 2, 3 and 5 clicks; 0 without cells."""
    return {str(n): float(np.mean([run.after(n) for run in runs])) if runs else 0.0 for n in _COUNTED}


def mean_clicks(runs: Sequence[CellRun]) -> dict[str, float]:
    """Mean number of clicks to IoU 0.80 and 0.85."""
    return {
        name: float(np.mean([run.clicks_to(goal) for run in runs])) if runs else 0.0 for name, goal in _GOALS.items()
    }
