"""What every engine that answers prompts promises, whatever network is inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.contracts import Box, Point, Prompts, Scribble
from inference.embeddings import EmbeddingKey, EmbeddingStore
from inference.engines import registry
from inference.engines.base import Image, PromptEngine, TilePromptEngine
from inference.errors import EngineErrorCode
from inference.rle import encode
from tests.inference.engine_scene import (
    over_images,
    over_prompt_engines,
    picture,
    refused,
)


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
