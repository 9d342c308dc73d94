"""What every engine promises, whatever network is inside: the same tests over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from inference.cards import CARDS, status_from_files
from inference.contracts import AutoParams, Box, Embedding, Point, Prompts, Scribble
from inference.dynamics import follow_flows
from inference.embeddings import EmbeddingKey, EmbeddingStore
from inference.engines import registry
from inference.engines.base import AutoEngine, FlowEngine, Image, PromptEngine, TilePromptEngine
from inference.errors import EngineError, EngineErrorCode
from inference.flows import flow_targets
from inference.rle import Rle, encode, paste
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence
from inference.weights import TRAINED
from tests.inference.tiny_checkpoints import save, save_tiny, tiny_cpsam, tiny_mobile_sam, tiny_sam

# What an engine needs before it can run, by name. The starter's weights come with the package.
WEIGHTS: dict[str, Callable[[Path], object]] = {
    "starter": lambda _folder: None,
    "sam": lambda folder: save(tiny_sam(), folder / "sam_vit_b_01ec64.pth.test"),
    "mobile-sam": lambda folder: save(tiny_mobile_sam(), folder / "tiny_mobile_sam.pt"),
    "cellpose-sam": lambda folder: save(tiny_cpsam(), folder / "cpsam_v2"),
    "cellpose": lambda folder: save_tiny("cellpose", folder),
    "unet": lambda folder: save_tiny("unet", folder),
    "segnet": lambda folder: save_tiny("segnet", folder, classes=("round", "long")),
}
PROMPT_ENGINES = ("starter", "sam", "mobile-sam", "cellpose-sam", "cellpose")
FLOW_ENGINES = ("starter", "cellpose-sam", "cellpose")
AUTO_ENGINES = ("starter", "cellpose-sam", "cellpose", "unet", "segnet")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("weights")
    for make in WEIGHTS.values():
        make(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CYTOMARK_WEIGHTS", str(folder))
        patch.setenv("CYTOMARK_SAM_CHECKPOINT", "sam_vit_b_01ec64.pth.test")
        patch.setenv("CYTOMARK_MOBILE_SAM_CHECKPOINT", "tiny_mobile_sam.pt")
        registry._engine.cache_clear()
        yield folder
    registry._engine.cache_clear()


@pytest.fixture
def prompt_engine(request: pytest.FixtureRequest, weights: Path) -> PromptEngine:
    return registry.get_prompt_engine(request.param)


@pytest.fixture
def auto_engine(request: pytest.FixtureRequest, weights: Path) -> AutoEngine:
    return registry.get_auto_engine(request.param)


@pytest.fixture
def flow_engine(request: pytest.FixtureRequest, weights: Path) -> FlowEngine:
    return registry.get_flow_engine(request.param)


over_flow_engines = pytest.mark.parametrize("flow_engine", FLOW_ENGINES, indirect=True)
over_prompt_engines = pytest.mark.parametrize("prompt_engine", PROMPT_ENGINES, indirect=True)
over_auto_engines = pytest.mark.parametrize("auto_engine", AUTO_ENGINES, indirect=True)


def picture(height: int = 70, width: int = 110, *, seed: int = 3) -> Image:
    """Noise with one bright spot."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    spot = np.exp(-((rows - height * 0.3) ** 2 + (columns - width * 0.7) ** 2) / 90)
    return (40 + 180 * spot + rng.normal(0, 4, spot.shape)).clip(0, 255).astype(np.uint8)


IMAGES: dict[str, Image] = {
    "not square": picture(),
    "constant": np.full((50, 80), 7, np.uint8),
    "one pixel": np.full((1, 1), 200, np.uint8),
    "one row": picture(1, 90),
    "16 bit": picture().astype(np.uint16) * 120 + 3000,
    "colour": np.stack([picture(), picture(seed=4), picture(seed=5)], axis=-1),
}
over_images = pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES.keys())


def refused(code: EngineErrorCode, call: Callable[[], object]) -> EngineError:
    with pytest.raises(EngineError) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    return caught.value


def test_every_engine_is_tested_here_for_all_that_its_card_says(weights: Path) -> None:
    assert set(registry.engine_names()) == set(WEIGHTS)
    assert tuple(CARDS) == registry.engine_names()
    for name in registry.engine_names():
        status = registry.engine_status(name)
        assert status.available, status.problem
        assert len(status.weights) == 64
        assert status.card is CARDS[name]
        assert status_from_files(name).available
        assert ("prompt" in status.card.capabilities) == (name in PROMPT_ENGINES)
        assert ("auto" in status.card.capabilities) == (name in AUTO_ENGINES)
        assert ("flows" in status.card.capabilities) == (name in FLOW_ENGINES)


@over_prompt_engines
@over_images
def test_a_click_gives_masks_inside_of_the_image(prompt_engine: PromptEngine, image: Image) -> None:
    height, width = image.shape[:2]
    embedding = prompt_engine.encode(image)
    assert (embedding.height, embedding.width) == (height, width)
    results = prompt_engine.predict(embedding, Prompts(points=(Point(height * 0.3, width * 0.7),)))
    assert len(results) <= 3
    for result in results:
        assert 0 <= result.score <= 1
        assert 0 < result.mask.area == sum(result.mask.counts[1::2])
        assert 0 <= result.mask.top < result.mask.bottom <= height
        assert 0 <= result.mask.left < result.mask.right <= width


@over_prompt_engines
def test_boxes_and_masks_and_corrections_are_answered(prompt_engine: PromptEngine) -> None:
    embedding = prompt_engine.encode(picture())
    mask = encode(picture() > 120)
    for prompts in (
        Prompts(box=Box(5, 50, 40, 100)),
        Prompts(mask=mask),
        Prompts(points=(Point(20, 77), Point(60, 10, positive=False))),
        Prompts(points=(Point(20, 77),), box=Box(-10, 50, 40, 900), mask=mask),
    ):
        assert len(prompt_engine.predict(embedding, prompts)) <= 3


@over_prompt_engines
def test_nothing_of_one_prompt_stays_for_the_next(prompt_engine: PromptEngine) -> None:
    first, second = prompt_engine.encode(picture()), prompt_engine.encode(picture(90, 40, seed=9))
    prompts = Prompts(points=(Point(21, 33),))
    before = prompt_engine.predict(first, prompts)
    prompt_engine.predict(second, Prompts(box=Box(3, 3, 30, 30), mask=encode(np.ones((20, 20), bool))))
    assert prompt_engine.predict(first, prompts) == before


@over_prompt_engines
def test_an_embedding_from_the_store_answers_as_before(prompt_engine: PromptEngine, tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, largest_bytes=10**9, memory_bytes=0)
    key = EmbeddingKey("a" * 64, prompt_engine.card.name, prompt_engine.weights, prompt_engine.preprocessing)
    embedding = prompt_engine.encode(picture())
    store.put(key, embedding)
    again = store.get(key)
    assert again is not None
    prompts = Prompts(points=(Point(21, 77),))
    assert prompt_engine.predict(again, prompts) == prompt_engine.predict(embedding, prompts)


@over_prompt_engines
@pytest.mark.parametrize(
    "prompts",
    [
        Prompts(),
        Prompts(points=(Point(-1, 5),)),
        Prompts(points=(Point(5, 111),)),
        Prompts(points=(Point(float("nan"), 5),)),
        Prompts(box=Box(80, 5, 90, 20)),
        Prompts(box=Box(30, 20, 30, 40)),
    ],
    ids=["empty", "above", "right of it", "no number", "box below", "box without size"],
)
def test_a_prompt_without_sense_is_refused(prompt_engine: PromptEngine, prompts: Prompts) -> None:
    embedding = prompt_engine.encode(picture())
    assert refused(EngineErrorCode.PROMPT_INVALID, lambda: prompt_engine.predict(embedding, prompts)).permanent


@over_prompt_engines
def test_an_embedding_of_other_weights_is_refused(prompt_engine: PromptEngine) -> None:
    stale = replace(prompt_engine.encode(picture()), weights="0" * 64)
    prompts = Prompts(points=(Point(5, 5),))
    assert not refused(EngineErrorCode.EMBEDDING_MISSING, lambda: prompt_engine.predict(stale, prompts)).permanent


@over_auto_engines
@over_images
def test_all_cells_are_numbered_without_gaps(auto_engine: AutoEngine, image: Image) -> None:
    result = auto_engine.segment(image, AutoParams())
    assert result.labels_hw.shape == image.shape[:2]
    assert result.labels_hw.dtype == np.int32
    labels = np.unique(result.labels_hw[result.labels_hw > 0])
    assert labels.tolist() == list(range(1, len(result.scores) + 1))
    assert all(0 <= score <= 1 for score in result.scores)


@over_auto_engines
def test_an_image_without_cells_gives_an_empty_answer(auto_engine: AutoEngine) -> None:
    result = auto_engine.segment(picture(), AutoParams(cell_probability=1e6))
    assert not result.labels_hw.any()
    assert result.scores == ()


@over_auto_engines
def test_nothing_of_one_image_stays_for_the_next(auto_engine: AutoEngine) -> None:
    before = auto_engine.segment(picture(), AutoParams(flow_error=0, min_area=1))
    auto_engine.segment(IMAGES["colour"], AutoParams(cell_probability=2.0, diameter=50))
    after = auto_engine.segment(picture(), AutoParams(flow_error=0, min_area=1))
    assert np.array_equal(before.labels_hw, after.labels_hw)
    assert before.scores == after.scores


@over_auto_engines
def test_progress_rises_and_may_stop_the_run(auto_engine: AutoEngine) -> None:
    seen: list[float] = []
    auto_engine.segment(picture(), AutoParams(), progress=seen.append)
    assert seen == sorted(seen)
    assert seen
    assert all(0 <= share <= 1 for share in seen)

    def stop(_: float) -> None:
        raise EngineError(EngineErrorCode.CANCELLED, "Stopped.", permanent=True)

    refused(EngineErrorCode.CANCELLED, lambda: auto_engine.segment(picture(), AutoParams(), progress=stop))


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


def tall_spot() -> Image:
    """One bright spot, three times as tall as wide, in the upper right of a wide image."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:128, :200]
    inside = ((rows - 45) / 21) ** 2 + ((columns - 150) / 8) ** 2 < 1
    return (20 + 150 * inside + rng.normal(0, 3, inside.shape)).clip(0, 255).astype(np.uint8)


def test_rows_are_rows_and_columns_are_columns(weights: Path) -> None:
    """With the one engine that has learnt something; the others' mapping is tested in their own files."""
    clicks = registry.get_prompt_engine("starter")
    best = clicks.predict(clicks.encode(tall_spot()), Prompts(points=(Point(45.5, 150.5),)))[0].mask
    assert best.height > best.width
    assert best.top < 45 < best.bottom
    assert best.left < 150 < best.right
    labels = registry.get_auto_engine("starter").segment(tall_spot(), AutoParams()).labels_hw
    rows, columns = np.nonzero(labels == labels[45, 150])
    assert labels[45, 150] > 0
    assert np.ptp(rows) > np.ptp(columns)


@pytest.mark.parametrize("name", ["sam", "mobile-sam", "cellpose-sam"])
def test_without_weights_the_error_says_what_to_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    for variable in ("CYTOMARK_SAM_CHECKPOINT", "CYTOMARK_MOBILE_SAM_CHECKPOINT"):
        monkeypatch.delenv(variable, raising=False)
    registry._engine.cache_clear()
    error = refused(EngineErrorCode.WEIGHTS_MISSING, lambda: registry.get_engine(name))
    assert error.permanent
    assert "manage.py weights fetch" in error.message
    assert not registry.engine_status(name).available
    assert status_from_files(name).problem == error.message
    assert list(tmp_path.iterdir()) == []
    registry._engine.cache_clear()


@pytest.mark.parametrize("name", TRAINED)
def test_without_trained_weights_the_error_says_how_to_train(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    registry._engine.cache_clear()
    error = refused(EngineErrorCode.WEIGHTS_MISSING, lambda: registry.get_engine(name))
    assert f"manage.py train {name} --images" in error.message
    assert status_from_files(name).problem == error.message
    registry._engine.cache_clear()


FOREIGN = {"sam": (tiny_cpsam, tiny_mobile_sam), "mobile-sam": (tiny_sam, tiny_cpsam), "cellpose-sam": (tiny_sam,)}


@pytest.mark.parametrize(("name", "make"), [(name, make) for name, others in FOREIGN.items() for make in others])
def test_the_checkpoint_of_another_network_is_refused(
    name: str, make: Callable[[], Any], weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv(f"CYTOMARK_{name.upper().replace('-', '_')}_CHECKPOINT", "mixed-up")
    save(make(), tmp_path / "mixed-up")
    registry._engine.cache_clear()
    error = refused(EngineErrorCode.WEIGHTS_INVALID, lambda: registry.get_engine(name))
    assert error.permanent
    registry._engine.cache_clear()


STROKE = Scribble(((15.0, 70.0), (20.0, 78.0), (26.0, 84.0)))


@over_prompt_engines
def test_a_stroke_is_answered_like_any_prompt(prompt_engine: PromptEngine) -> None:
    embedding = prompt_engine.encode(picture())
    for prompts in (
        Prompts(scribbles=(STROKE,)),
        Prompts(scribbles=(Scribble(((-5.0, 70.0), (20.0, 78.0), (90.0, 300.0))),)),
        Prompts(points=(Point(20, 77),), scribbles=(Scribble(((50.0, 5.0), (60.0, 30.0)), positive=False),)),
    ):
        for result in prompt_engine.predict(embedding, prompts):
            assert 0 <= result.mask.top < result.mask.bottom <= 70
            assert 0 <= result.mask.left < result.mask.right <= 110


@over_prompt_engines
@pytest.mark.parametrize(
    "scribble",
    [replace(STROKE, positive=False), Scribble(()), Scribble(((300.0, 5.0),)), Scribble(((float("nan"), 5.0),))],
    ids=["negative", "no places", "below", "no number"],
)
def test_a_stroke_without_sense_is_refused(prompt_engine: PromptEngine, scribble: Scribble) -> None:
    embedding = prompt_engine.encode(picture())
    refused(EngineErrorCode.PROMPT_INVALID, lambda: prompt_engine.predict(embedding, Prompts(scribbles=(scribble,))))


@over_prompt_engines
def test_a_correction_does_not_depend_on_what_was_asked_before(prompt_engine: PromptEngine) -> None:
    """Whether the answer before the last click is remembered, forgotten or was never asked for."""
    clicks = (Point(20.5, 77.5), Point(40.5, 60.5), Point(60.5, 10.5, positive=False))
    embedding = prompt_engine.encode(picture())
    alone = prompt_engine.predict(embedding, Prompts(points=clicks))
    for count in (1, 2, 3):
        in_turn = prompt_engine.predict(replace(embedding), Prompts(points=clicks[:count]))
    assert in_turn == alone
    prompt_engine.predict(embedding, Prompts(points=clicks[1:2], scribbles=(STROKE,)))
    assert prompt_engine.predict(embedding, Prompts(points=clicks)) == alone


@pytest.mark.parametrize("name", ["sam", "mobile-sam"])
def test_a_cell_as_prompt_decides_the_answer(name: str, weights: Path) -> None:
    engine = registry.get_prompt_engine(name)
    embedding = engine.encode(picture())
    lone = engine.predict(embedding, Prompts(mask=encode(picture() > 120)))
    assert lone != engine.predict(embedding, Prompts(mask=encode(np.ones((20, 20), bool), top=45, left=4)))


@pytest.mark.parametrize("name", ["sam", "mobile-sam"])
def test_a_part_of_a_large_plane_is_answered_in_its_place(name: str, weights: Path) -> None:
    engine = registry.get_prompt_engine(name)
    assert isinstance(engine, TilePromptEngine)
    plane = picture(2500, 300)
    prompts = Prompts(points=(Point(2000.5, 100.5),), box=Box(1900, 50, 2100, 200))
    tile = engine.tile_of(prompts, height=2500, width=300)
    assert tile is not None
    results = engine.predict(engine.encode_tile(plane, tile), prompts)
    assert all(tile[0] <= each.mask.top < each.mask.bottom <= tile[0] + tile[2] for each in results)
