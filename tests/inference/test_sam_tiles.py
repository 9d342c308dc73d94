"""Large planes: which tile answers a prompt, and that its masks lie where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import current_app
from hypothesis import given
from hypothesis import strategies as st

from inference import tasks
from inference.contracts import Box, Point, Prompts, Scribble
from inference.engines import registry
from inference.engines.base import TilePromptEngine
from inference.engines.sam import LARGE, TILES, SamEngine
from inference.errors import EngineError
from inference.rle import Rle, encode
from tests.inference.stored_planes import VIEW, stored_plane
from tests.inference.task_scene import Recorder
from tests.inference.tiny_checkpoints import save, tiny_sam

PLANE = 4096
SIDE, STEP = TILES.side, TILES.side - TILES.step


@pytest.fixture(scope="module")
def plane() -> np.ndarray:
    """Dark, with one bright disc far from the middle."""
    rows, columns = np.ogrid[:PLANE, :PLANE]
    disc = (rows - 3300) ** 2 + (columns - 900) ** 2 < 150**2
    return np.where(disc, 200, 20).astype(np.uint8)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SamEngine:
    save(tiny_sam(), tmp_path / "tiny.pth")
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("CYTOMARK_SAM_CHECKPOINT", "tiny.pth")
    return SamEngine()


def moved_by(mask: Rle, top: int, left: int) -> Rle:
    return Rle(mask.top + top, mask.left + left, mask.height, mask.width, mask.counts)


def test_small_images_and_large_prompts_are_seen_whole() -> None:
    click = Prompts(points=(Point(10, 10),))
    engine = SamEngine()
    assert engine.tile_of(click, height=LARGE, width=LARGE) is None
    assert engine.tile_of(click, height=LARGE + 1, width=500) == (0, 0, SIDE, 500)
    assert engine.tile_of(Prompts(box=Box(0, 0, STEP + 1, 20)), height=PLANE, width=PLANE) is None


@given(st.integers(LARGE + 1, 20_000), st.integers(1, 20_000), st.data())
def test_a_prompt_lies_inside_of_its_tile(height: int, width: int, data: st.DataObject) -> None:
    top, left = data.draw(st.floats(0, height - 1)), data.draw(st.floats(0, width - 1))
    bottom = min(height, top + data.draw(st.floats(0.1, STEP)))
    right = min(width, left + data.draw(st.floats(0.1, STEP)))
    tile = TILES.of(Prompts(box=Box(top, left, bottom, right)), height=height, width=width)
    assert tile is not None
    assert 0 <= tile[0] <= top
    assert bottom <= tile[0] + tile[2] <= height
    assert 0 <= tile[1] <= left
    assert right <= tile[1] + tile[3] <= width


def test_every_kind_of_prompt_has_its_extent() -> None:
    mask = encode(np.ones((9, 9), bool), top=3300, left=900)
    stroke = Scribble(((3300.0, 900.0), (3310.0, 905.0)))
    for prompts in (Prompts(mask=mask), Prompts(scribbles=(stroke,)), Prompts(points=(Point(3300, 900),))):
        assert TILES.of(prompts, height=PLANE, width=PLANE) == (2304, 0, SIDE, SIDE)


def test_a_tile_answers_like_an_image_of_its_own_in_its_place(engine: SamEngine, plane: np.ndarray) -> None:
    prompts = Prompts(points=(Point(3300.5, 900.5),), box=Box(3150, 750, 3450, 1050))
    tile = engine.tile_of(prompts, height=PLANE, width=PLANE)
    assert tile == (2304, 0, SIDE, SIDE)
    found = engine.predict(engine.encode_tile(plane, tile), prompts)
    alone = engine.encode(plane[2304 : 2304 + SIDE, :SIDE])
    here = Prompts(points=(Point(996.5, 900.5),), box=Box(846, 750, 1146, 1050))
    assert [each.mask for each in found] == [moved_by(each.mask, 2304, 0) for each in engine.predict(alone, here)]
    assert found


def test_a_mask_and_clicks_outside_of_the_tile_do_no_harm(engine: SamEngine, plane: np.ndarray) -> None:
    embedding = engine.encode_tile(plane, (2304, 0, SIDE, SIDE))
    mask = encode(np.ones((300, 300), bool), top=2200, left=1400)
    prompts = Prompts(points=(Point(3300, 900), Point(5, 4000, positive=False)), mask=mask)
    for result in engine.predict(embedding, prompts):
        assert 2304 <= result.mask.top < result.mask.bottom <= PLANE
        assert 0 <= result.mask.left < result.mask.right <= SIDE


def test_sixteen_bits_of_a_tile_are_stretched_as_the_whole_is(engine: SamEngine) -> None:
    """A tile without anything bright stays dark."""
    plane = np.full((LARGE + 200, 100), 1000, np.uint16)
    plane[:200] = 60_000
    plane[600:] += np.arange(100, dtype=np.uint16)
    dark = engine.encode_tile(plane, (600, 0, SIDE, 100)).arrays["features"]
    black = engine.encode_tile(np.zeros_like(plane), (600, 0, SIDE, 100)).arrays["features"]
    assert np.abs(dark.astype(float) - black.astype(float)).max() < 0.05


def ask(image: dict[str, object], **more: object) -> dict[str, object]:
    return {"reply_to": "someone", "prompt_id": 1, "sent_at": 0.0, "engine": "sam", "image": image, **more}


def test_a_click_is_answered_at_once_and_better_when_its_tile_is_ready(
    engine: SamEngine,
    plane: np.ndarray,
    port: Recorder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path / "embeddings"))
    registry._engine.cache_clear()
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: sent.append((name, args[0])))
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    image = stored_plane(tmp_path / "pixels.ome.zarr", plane[:, 800:1100])
    click = ask(image, prompts={"points": [{"row": 3300.5, "col": 100.5}]})
    tasks.embed({**click, "job_id": None})
    tasks.predict(click)
    assert port.previews[0][2]["candidates"]
    name, request = sent.pop()
    assert name == tasks.embed_tile.name
    assert request["tile"] == [2304, 0, SIDE, 300]
    tasks.embed_tile(request)
    tasks.embed_tile(request)
    tasks.predict(click)
    assert sent == []
    assert port.previews[1][2]["candidates"]
    assert port.previews[0][2]["candidates"] != port.previews[1][2]["candidates"]
    registry._engine.cache_clear()


@pytest.mark.parametrize("tile", [None, [0, 0, 10], [0, 0, 10, 400], [-1, 0, 9, 9], [0, 0, 0, 9], [0.0, 0, 9, 9]])
def test_a_tile_that_is_none_is_not_encoded(tile: object) -> None:
    from inference import wire

    image = {"path": "x", "sha256": "d" * 64, "height": PLANE, "width": 300, "view": VIEW}
    with pytest.raises(EngineError, match="tile"):
        wire.get_tile(ask(image, tile=tile))


def test_the_engine_keeps_the_contract_of_tiles(engine: SamEngine) -> None:
    assert isinstance(engine, TilePromptEngine)
