"""Average precision on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inference.training.metrics import average_precision, mean_by_key, overlap_ious, true_positives


def squares(*corners: tuple[int, int], side: int = 10) -> np.ndarray:
    labels_hw = np.zeros((60, 60), np.int32)
    for label, (row, col) in enumerate(corners, start=1):
        labels_hw[row : row + side, col : col + side] = label
    return labels_hw


def test_equal_labels_score_one_whatever_their_numbers() -> None:
    true_hw = squares((0, 0), (20, 20), (40, 5))
    found_hw = np.where(true_hw > 0, 100 - true_hw, 0)
    assert average_precision(true_hw, found_hw) == {"0.5": 1.0, "0.75": 1.0, "mean": 1.0}


def test_a_shifted_square_has_the_known_iou() -> None:
    ious = overlap_ious(squares((0, 0)), squares((0, 2)))
    assert ious == pytest.approx(np.array([[80 / 120]]))


def test_thresholds_count_what_reaches_them() -> None:
    ap = average_precision(squares((0, 0), (30, 30)), squares((0, 2), (30, 30)))
    assert ap["0.5"] == 1.0
    assert ap["0.75"] == pytest.approx(1 / 3)
    assert ap["mean"] == pytest.approx((4 * 1.0 + 5 / 3) / 9)


def test_misses_and_inventions_count_once_each() -> None:
    ap = average_precision(squares((0, 0), (20, 0), (40, 0)), squares((0, 0), (20, 40)))
    assert ap["0.5"] == pytest.approx(1 / 4)


def test_one_cell_is_matched_once() -> None:
    ious = np.array([[0.6, 0.55], [0.58, 0.1]])
    assert true_positives(ious, 0.5) == 2
    assert true_positives(np.array([[0.6, 0.55]]), 0.5) == 1


def test_images_without_cells() -> None:
    nothing = squares()
    assert average_precision(nothing, nothing)["mean"] == 1.0
    assert average_precision(nothing, squares((0, 0)))["0.5"] == 0.0
    assert average_precision(squares((0, 0)), nothing)["0.5"] == 0.0


def test_the_total_is_the_mean_over_images() -> None:
    assert mean_by_key([{"a": 1.0}, {"a": 0.5}], ("a",)) == {"a": 0.75}
    assert mean_by_key([], ("a",)) == {"a": 0.0}
