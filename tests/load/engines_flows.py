"""Rows on flow fields for `make bench-engines`: masks from flows against Cellpose's own dynamics, a click and new
thresholds on a kept field. Nuclei are generated; their true flows get the noise and blur that a network's have."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from inference.basins import BASIN_LOGIT, predict_basin
from inference.cells import FlowMaps, find_cells
from inference.contracts import AutoParams, Point, Prompts
from inference.dynamics import follow_flows
from inference.engines.cellpose_sam import FLOW_UNIT, CellposeSamEngine
from inference.flows import flow_targets
from inference.training.metrics import overlap_ious, true_positives
from inference.training.synthetic import fluorescence
from tests.load.report import Row, at_least, at_most

SIDE, SMALL_SIDE, CELLS = 2048, 1024, 3000
ROUNDS, CLICKS = 5, 60
AP_IOU = 0.9


def field(seed: int, side: int, cells: int) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """True labels, flow (2, row, column) and cell logit as a good network might give them."""
    _, labels_hw = fluorescence(seed, height=side, width=side, cells=cells)
    rng = np.random.default_rng(seed)

    def noise() -> NDArray[Any]:
        return ndimage.gaussian_filter(rng.standard_normal(labels_hw.shape), 1.5)

    flow = np.stack([ndimage.gaussian_filter(plane, 1.0) + 1.4 * noise() for plane in flow_targets(labels_hw)])
    depth = ndimage.distance_transform_edt(labels_hw > 0) - ndimage.distance_transform_edt(labels_hw == 0)
    return labels_hw, flow.astype(np.float32), (np.clip(depth, -6, 6) + 3 * noise()).astype(np.float32)


def seconds(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Median wall time."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def precision(one_hw: NDArray[Any], other_hw: NDArray[Any]) -> float:
    """AP at AP_IOU of two label images."""
    ious = overlap_ious(one_hw.astype(np.int32), other_hw.astype(np.int32))
    hits = true_positives(ious, AP_IOU)
    return hits / (sum(ious.shape) - hits)


def kept(flow: NDArray[np.float32], cell_hw: NDArray[np.float32]) -> FlowMaps:
    return FlowMaps(flow.astype(np.float16), cell_hw.astype(np.float16), *cell_hw.shape)


def against_cellpose(rounds: int = ROUNDS) -> list[Row]:
    """The same field through both, in turns, with the same threads."""
    from cellpose.dynamics import resize_and_compute_masks

    labels_hw, flow, cell_hw = field(1, SIDE, CELLS)
    maps, rules, theirs_flow = kept(flow, cell_hw), CellposeSamEngine.rules, flow * FLOW_UNIT

    def ours() -> NDArray[Any]:
        return find_cells(maps, AutoParams(), rules).labels_hw

    def theirs() -> NDArray[Any]:
        return np.asarray(resize_and_compute_masks(theirs_flow, cell_hw, niter=200))

    same = precision(theirs(), ours())
    pairs = [(seconds(ours, 1), seconds(theirs, 1)) for _ in range(rounds)]
    own, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    name = f"flows to masks, {SIDE}², {int(labels_hw.max()):,} cells"
    ratio = statistics.median(theirs_s / ours_s for ours_s, theirs_s in pairs)
    return [
        Row(f"{name}, ours", round(own, 3), "s"),
        Row(f"{name}, cellpose, {torch.get_num_threads()} threads", round(other, 2), "s"),
        at_least(f"{name}, cellpose / ours", ratio, 20, unit="×"),
        at_least(f"{name}, AP@{AP_IOU:g} between the two", same, 0.99, unit=""),
    ]


def click() -> Row:
    """A click on each of some cells, as the click worker answers it, run lengths included."""
    labels_hw, flow, cell_hw = field(2, SIDE, CELLS)
    maps = kept(flow, cell_hw)
    basins_hw = follow_flows(maps.flow.astype(np.float32), maps.cell_hw > BASIN_LOGIT)
    middles = ndimage.center_of_mass(labels_hw > 0, labels_hw, range(1, CLICKS + 1))
    prompts = [Prompts(points=(Point(row + 0.5, col + 0.5),)) for row, col in middles]
    took = [seconds(lambda asked=asked: predict_basin(maps, basins_hw, asked)) for asked in prompts]
    return at_most(f"prompted Cellpose click from cached flows, {SIDE}²", 1000 * statistics.median(took), 10, unit="ms")


def threshold() -> Row:
    """Another threshold on a kept field of a quarter of the size."""
    _, flow, cell_hw = field(3, SMALL_SIDE, CELLS // 4)
    maps = kept(flow, cell_hw)
    find_cells(maps, AutoParams(), CellposeSamEngine.rules)
    took = seconds(lambda: find_cells(maps, AutoParams(cell_probability=0.5), CellposeSamEngine.rules))
    return at_most(f"re-threshold of a cached {SMALL_SIDE}²", 1000 * took, 200, unit="ms")


def rows() -> list[Row]:
    """All of them."""
    return [*against_cellpose(), click(), threshold()]
