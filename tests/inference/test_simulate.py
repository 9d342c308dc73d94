"""The simulated annotator, with engines whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from inference.cards import STARTER
from inference.contracts import Embedding, MaskResult, Point, Prompts
from inference.engines.base import Image
from inference.rle import encode
from inference.training.clicks import inner_point, next_click
from inference.training.simulate import CellRun, mean_clicks, mean_ious, run_image
from inference.training.synthetic import fluorescence

LABELS = fluorescence(8, height=80, width=100, cells=7)[1]


class KnowingEngine:
    """Answers with the true cell under the first click, ``shift`` pixels off until the click number ``right_at``."""

    card = STARTER
    weights = preprocessing = "none"

    def __init__(self, shift: int, right_at: int) -> None:
        self.shift, self.right_at = shift, right_at
        self.asked: list[tuple[Point, ...]] = []

    def load(self) -> None:
        return

    def encode(self, image: Image) -> Embedding:
        return Embedding("none", "none", "none", image.shape[0], image.shape[1], {})

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        self.asked.append(prompts.points)
        first = prompts.points[0]
        mask_hw = LABELS[int(first.row), int(first.col)] == LABELS
        if len(prompts.points) < self.right_at:
            mask_hw = np.roll(mask_hw, self.shift, axis=1)
        return [MaskResult(encode(mask_hw), 1.0)]


def test_a_perfect_engine_needs_one_click_a_cell() -> None:
    engine = KnowingEngine(0, 1)
    runs = run_image(engine, engine.encode(LABELS.astype(np.uint8)), LABELS)
    assert len(runs) == len(engine.asked) == LABELS.max()
    assert mean_ious(runs) == {"1": 1.0, "2": 1.0, "3": 1.0, "5": 1.0}
    assert mean_clicks(runs) == {"0.80": 1.0, "0.85": 1.0}


def test_an_engine_that_learns_on_the_third_click() -> None:
    engine = KnowingEngine(4, 3)
    runs = run_image(engine, engine.encode(LABELS.astype(np.uint8)), LABELS)
    assert mean_ious(runs)["2"] < 0.8 < mean_ious(runs)["3"] == 1.0
    assert mean_clicks(runs)["0.85"] == 3.0


def test_a_cell_that_never_gets_there_counts_as_ten() -> None:
    engine = KnowingEngine(5, 99)
    runs = run_image(engine, engine.encode(LABELS.astype(np.uint8)), LABELS)
    assert all(len(run.ious) == 10 for run in runs)
    assert mean_clicks(runs)["0.85"] == 10.0


def test_the_first_click_is_the_innermost_pixel() -> None:
    mask_hw = np.zeros((30, 30), bool)
    mask_hw[3:16, 5:18] = True
    mask_hw[9, 18:28] = True
    assert inner_point(mask_hw) == (9, 11)


def test_corrections_go_to_the_largest_mistake() -> None:
    truth_hw = np.zeros((20, 40), bool)
    truth_hw[5:15, 5:15] = True
    found_hw = truth_hw.copy()
    found_hw[5:15, 15:30] = True
    found_hw[6, 6] = False
    row, col, positive = next_click(found_hw, truth_hw) or (0, 0, True)
    assert not positive
    assert 17 <= col < 27
    assert next_click(truth_hw, truth_hw) is None
    assert (next_click(np.zeros_like(truth_hw), truth_hw) or (0, 0, False))[2]


def test_runs_keep_their_last_iou() -> None:
    run = CellRun((0.5, 0.9))
    assert run.after(5) == pytest.approx(0.9)
    assert run.clicks_to(0.95) == 10
