"""What every engine promises, whatever network is inside: the same tests over all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.cards import CARDS, status_from_files
from inference.contracts import AutoParams, Point, Prompts
from inference.engines import registry
from inference.engines.base import AutoEngine, Image
from inference.errors import EngineError, EngineErrorCode
from inference.weights import TRAINED
from tests.inference.engine_scene import (
    AUTO_ENGINES,
    FLOW_ENGINES,
    IMAGES,
    PROMPT_ENGINES,
    WEIGHTS,
    over_auto_engines,
    over_images,
    picture,
    refused,
)
from tests.inference.tiny_checkpoints import save, tiny_cpsam, tiny_mobile_sam, tiny_sam


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
