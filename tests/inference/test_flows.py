"""Flows against Cellpose's own, and cells found again from them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from inference.dynamics import follow_flows
from inference.flows import drop_doubtful, flow_errors, flow_targets
from inference.labels import tidy
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence


def separate(labels_hw: np.ndarray) -> np.ndarray:
    """Labels without the pixels that touch another cell: there Cellpose lets heat of the neighbour into a slope."""
    padded = np.pad(labels_hw, 1)
    alone = np.ones(labels_hw.shape, bool)
    for row in (0, 1, 2):
        for col in (0, 1, 2):
            near = padded[row : row + labels_hw.shape[0], col : col + labels_hw.shape[1]]
            alone &= (near == 0) | (near == labels_hw)
    return np.where(alone, labels_hw, 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_targets_point_where_those_of_cellpose_point(seed: int) -> None:
    from cellpose import dynamics

    _, labels_hw = fluorescence(seed, height=120, width=150, cells=14)
    oracle, _ = dynamics.masks_to_flows_gpu(labels_hw)
    alone = separate(labels_hw) > 0
    cosine = (flow_targets(labels_hw) * oracle).sum(axis=0)[alone]
    assert cosine.mean() > 0.99
    assert np.percentile(cosine, 2) > 0.9


def test_targets_are_unit_steps_inside_and_nothing_outside() -> None:
    _, labels_hw = fluorescence(3, height=90, width=120, cells=10)
    length = np.hypot(*flow_targets(labels_hw))
    assert (length[labels_hw == 0] == 0).all()
    assert np.median(length[labels_hw > 0]) == pytest.approx(1, abs=1e-5)


def test_no_cell_gives_no_flow() -> None:
    assert not flow_targets(np.zeros((5, 7), np.int32)).any()
    assert not follow_flows(np.zeros((2, 5, 7), np.float32), np.zeros((5, 7), bool)).any()


def test_following_true_flows_finds_the_cells_again() -> None:
    _, labels_hw = fluorescence(4, height=200, width=260, cells=40)
    found_hw = tidy(follow_flows(flow_targets(labels_hw), labels_hw > 0), min_area=15)
    assert average_precision(labels_hw, found_hw)["mean"] > 0.95


def test_rows_and_columns_are_not_swapped() -> None:
    labels_hw = np.zeros((20, 60), np.int32)
    labels_hw[5:15, 10:50] = 1
    flow = flow_targets(labels_hw)
    assert flow[1, 10, 12] > 0.8
    assert flow[1, 10, 47] < -0.8
    assert flow[0, 5, 30] > 0.8


def test_a_mask_that_contradicts_the_flow_is_dropped() -> None:
    _, labels_hw = fluorescence(6, height=100, width=100, cells=6)
    flow = flow_targets(labels_hw)
    flow[:, labels_hw == 1] *= -1
    errors = flow_errors(labels_hw, flow)
    assert errors[1] > 2 > 0.2 > errors[2:].max()
    kept_hw, _ = drop_doubtful(labels_hw, flow, flow_error=0.4)
    assert set(np.unique(kept_hw)) == {0, 2, 3, 4, 5, 6}
    assert np.array_equal(drop_doubtful(labels_hw, flow, flow_error=0)[0], labels_hw)


def test_tidy_keeps_the_largest_part_fills_holes_and_renumbers() -> None:
    labels_hw = np.zeros((20, 30), np.int32)
    labels_hw[2:10, 2:10] = 7
    labels_hw[4:6, 4:6] = 0
    labels_hw[15, 25] = 7
    labels_hw[15:18, 2:4] = 9
    tidy_hw = tidy(labels_hw, min_area=10)
    assert tidy_hw.max() == 1
    assert tidy_hw.sum() == 64


def test_a_large_plane_takes_well_under_two_seconds() -> None:
    _, labels_hw = fluorescence(7, height=256, width=256, cells=60)
    flow = np.tile(flow_targets(labels_hw), (1, 4, 4))
    inside_hw = np.tile(labels_hw > 0, (4, 4))
    start = time.process_time()
    assert follow_flows(flow, inside_hw).any()
    assert time.process_time() - start < 2
