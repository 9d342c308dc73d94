"""What every engine that keeps flow fields promises, whatever network is inside."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from inference.contracts import AutoParams, Box, Embedding, Point, Prompts, Scribble
from inference.dynamics import follow_flows
from inference.engines.base import FlowEngine, Image
from inference.errors import EngineErrorCode
from inference.flows import flow_targets
from inference.rle import Rle, paste
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence
from tests.inference.engine_scene import (
    over_flow_engines,
    over_images,
    picture,
    refused,
)


@over_flow_engines
@over_images
@pytest.mark.parametrize("params", [AutoParams(), AutoParams(cell_probability=-2.0, flow_error=0, min_area=1)], ids=str)
def test_masks_of_kept_flows_are_those_of_a_run(flow_engine: FlowEngine, image: Image, params: AutoParams) -> None:
    kept = flow_engine.masks(flow_engine.encode(image), params)
    found = flow_engine.segment(image, params)
    assert np.array_equal(kept.labels_hw > 0, found.labels_hw > 0)
    pairs = np.unique(np.stack([kept.labels_hw.ravel(), found.labels_hw.ravel()]), axis=1)
    one, other = pairs[:, pairs[0] > 0] - 1
    assert len(one) == len(set(one)) == len(set(other)) == len(kept.scores) == len(found.scores)
    assert np.allclose(np.array(kept.scores)[one], np.array(found.scores)[other], atol=1e-3)


@over_flow_engines
def test_kept_flows_give_no_cells_where_none_is_sure_enough(flow_engine: FlowEngine) -> None:
    found = flow_engine.masks(flow_engine.encode(picture()), AutoParams(cell_probability=1e6))
    assert not found.labels_hw.any()
    assert found.scores == ()


def scattered() -> NDArray[np.int32]:
    """Known cells, one of them (the last) three times as tall as wide."""
    _, labels_hw = fluorescence(12, height=128, width=200, cells=12)
    rows, columns = np.mgrid[:128, :200]
    tall = ((rows - 45) / 24) ** 2 + ((columns - 150) / 8) ** 2 < 1
    labels_hw[ndimage.binary_dilation(tall, iterations=2)] = 0
    labels_hw[tall] = labels_hw.max() + 1
    return labels_hw


def with_true_flows(engine: FlowEngine, labels_hw: NDArray[np.int32]) -> Embedding:
    """An embedding of the engine as it would be if its network knew everything."""
    embedding = engine.encode(np.full(labels_hw.shape, 7, np.uint8))
    height, width = embedding.arrays["cell"].shape
    seen_hw = cv2.resize(labels_hw.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    seen_hw = seen_hw.astype(np.int32)
    flow, cell_hw = flow_targets(seen_hw), np.where(seen_hw > 0, 4.0, -6.0)
    more = {"flow": flow.astype(np.float16), "cell": cell_hw.astype(np.float16)}
    return replace(embedding, arrays={**embedding.arrays, **more, "basins": follow_flows(flow, cell_hw > 0)})


def shown(mask: Rle, labels_hw: NDArray[np.int32]) -> NDArray[np.bool_]:
    out_hw = np.zeros(labels_hw.shape, np.uint8)
    paste(mask, out_hw, 1)
    return out_hw > 0


@over_flow_engines
def test_a_click_gives_the_basin_under_it_with_rows_as_rows(flow_engine: FlowEngine) -> None:
    labels_hw = scattered()
    embedding = with_true_flows(flow_engine, labels_hw)
    tall = labels_hw == labels_hw.max()
    for prompts in (
        Prompts(points=(Point(30.5, 150.5),)),
        Prompts(points=(Point(45.5, 145.5), Point(120.5, 10.5, positive=False))),
        Prompts(scribbles=(Scribble(((30.0, 150.0), (60.0, 151.0))),)),
        Prompts(box=Box(20, 140, 70, 160)),
    ):
        masks = [shown(result.mask, labels_hw) for result in flow_engine.predict(embedding, prompts)]
        assert max((mask & tall).sum() / (mask | tall).sum() for mask in masks) > 0.85


@over_flow_engines
def test_masks_of_kept_flows_are_the_cells_with_rows_as_rows(flow_engine: FlowEngine) -> None:
    labels_hw = scattered()
    found = flow_engine.masks(with_true_flows(flow_engine, labels_hw), AutoParams())
    assert average_precision(labels_hw, found.labels_hw)["0.5"] > 0.95
    tall = found.labels_hw == found.labels_hw[45, 150]
    assert np.ptp(np.nonzero(tall)[0]) > 2 * np.ptp(np.nonzero(tall)[1])


@over_flow_engines
def test_nothing_of_one_field_stays_for_the_next(flow_engine: FlowEngine) -> None:
    first, second = with_true_flows(flow_engine, scattered()), flow_engine.encode(picture(90, 40, seed=9))
    before = flow_engine.masks(first, AutoParams())
    flow_engine.masks(second, AutoParams(diameter=40, flow_error=0))
    after = flow_engine.masks(first, AutoParams())
    assert np.array_equal(before.labels_hw, after.labels_hw)
    assert before.scores == after.scores


@over_flow_engines
def test_thresholds_of_kept_flows_do_what_they_say(flow_engine: FlowEngine) -> None:
    labels_hw = scattered()
    embedding = with_true_flows(flow_engine, labels_hw)
    usual = flow_engine.masks(embedding, AutoParams())
    sizes = np.bincount(usual.labels_hw.ravel())[1:]
    assert len(flow_engine.masks(embedding, AutoParams(min_area=int(sizes.min()) + 1)).scores) < len(usual.scores)
    assert len(flow_engine.masks(embedding, AutoParams(diameter=90)).scores) < len(usual.scores)
    assert flow_engine.masks(embedding, AutoParams(diameter=4)).scores == usual.scores
    assert flow_engine.masks(embedding, AutoParams(flow_error=1e-9)).scores == ()
    for diameter in (0.0, -1.0, float("nan"), float("inf")):
        refused(EngineErrorCode.REQUEST_INVALID, partial(flow_engine.masks, embedding, AutoParams(diameter=diameter)))


@over_flow_engines
def test_flows_of_other_weights_are_refused(flow_engine: FlowEngine) -> None:
    stale = replace(flow_engine.encode(picture()), weights="0" * 64)
    assert not refused(EngineErrorCode.EMBEDDING_MISSING, lambda: flow_engine.masks(stale, AutoParams())).permanent
