"""What a person may expect of the shipped starter engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from inference.contracts import AutoParams, Box, Embedding, Point, Prompts
from inference.engines.starter import StarterEngine
from inference.errors import EngineError, EngineErrorCode
from inference.rle import Rle, decode, paste
from inference.training.clicks import inner_point
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence

IMAGE, LABELS = fluorescence(11, height=200, width=280, cells=22)


@pytest.fixture(scope="module")
def engine() -> StarterEngine:
    loaded = StarterEngine()
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def embedding(engine: StarterEngine) -> Embedding:
    return engine.encode(IMAGE)


def drawn(mask: Rle) -> np.ndarray:
    out = np.zeros(LABELS.shape, np.uint8)
    paste(mask, out, 1)
    return out > 0


def isolated() -> list[int]:
    """Nuclei that touch no other and not the edge."""
    parts_hw, _ = ndimage.label(LABELS > 0)
    edge = set(np.concatenate([LABELS[0], LABELS[-1], LABELS[:, 0], LABELS[:, -1]]).tolist())
    alone = []
    for label in range(1, int(LABELS.max()) + 1):
        part = parts_hw == parts_hw[label == LABELS][0]
        if label not in edge and (LABELS[part] == label).all():
            alone.append(label)
    return alone


def middle(label: int) -> Point:
    row, col = inner_point(label == LABELS)
    return Point(row + 0.5, col + 0.5)


def test_a_click_on_an_isolated_nucleus_gives_that_nucleus(engine: StarterEngine, embedding: Embedding) -> None:
    labels = isolated()
    assert len(labels) >= 4
    for label in labels:
        best = drawn(engine.predict(embedding, Prompts(points=(middle(label),)))[0].mask)
        truth = label == LABELS
        assert (best & truth).sum() / (best | truth).sum() >= 0.7


def test_a_box_gives_its_nucleus_and_binds_it(engine: StarterEngine, embedding: Embedding) -> None:
    label = isolated()[0]
    rows, cols = ndimage.find_objects((label == LABELS).astype(np.uint8))[0]
    whole = Box(rows.start - 2, cols.start - 2, rows.stop + 2, cols.stop + 2)
    best = drawn(engine.predict(embedding, Prompts(box=whole))[0].mask)
    assert (best & (label == LABELS)).sum() / (best | (label == LABELS)).sum() >= 0.7
    half = Box(whole.top, whole.left, (rows.start + rows.stop) // 2, whole.right)
    for result in engine.predict(embedding, Prompts(box=half)):
        assert result.mask.top >= half.top
        assert result.mask.bottom <= half.bottom
        assert result.mask.left >= half.left
        assert result.mask.right <= half.right


def test_a_negative_click_cuts(engine: StarterEngine, embedding: Embedding) -> None:
    label = isolated()[0]
    rows, cols = np.nonzero(label == LABELS)
    low = int(np.argmax(rows)) if rows.size else 0
    off = Point(float(rows[low]) - 1.5, float(cols[low]) + 0.5, positive=False)
    results = engine.predict(embedding, Prompts(points=(middle(label), off)))
    assert results
    for result in results:
        assert not drawn(result.mask)[int(off.row), int(off.col)]


def test_candidates_are_ordered_and_differ(engine: StarterEngine, embedding: Embedding) -> None:
    results = engine.predict(embedding, Prompts(points=(middle(isolated()[1]),)))
    scores = [result.score for result in results]
    assert scores == sorted(scores, reverse=True)
    assert len({result.mask for result in results}) == len(results) <= 3


def test_all_nuclei_are_found(engine: StarterEngine, embedding: Embedding) -> None:
    found = engine.segment(IMAGE, AutoParams())
    assert average_precision(LABELS, found.labels_hw)["0.5"] >= 0.7
    assert found.labels_hw.dtype == np.int32
    assert len(found.scores) == found.labels_hw.max() == np.unique(found.labels_hw).size - 1
    kept = engine.masks(embedding, AutoParams())
    assert np.array_equal(kept.labels_hw, found.labels_hw)


def test_sixteen_bit_and_inverted_images_are_the_same_cells(engine: StarterEngine) -> None:
    plain = engine.segment(IMAGE, AutoParams()).labels_hw
    for image in (IMAGE.astype(np.uint16) * 150 + 700, 255 - IMAGE, np.stack([IMAGE] * 3, axis=-1)):
        assert average_precision(plain, engine.segment(image, AutoParams()).labels_hw)["0.5"] > 0.9


def test_parameters_change_what_is_found(engine: StarterEngine) -> None:
    plain = engine.segment(IMAGE, AutoParams())
    large = engine.segment(IMAGE, AutoParams(min_area=150))
    strict = engine.segment(IMAGE, AutoParams(cell_probability=2.0))
    assert 0 < len(large.scores) <= len(plain.scores)
    assert np.bincount(large.labels_hw.ravel())[1:].min() >= 150
    assert (strict.labels_hw > 0).sum() < (plain.labels_hw > 0).sum()
    assert engine.segment(IMAGE, AutoParams(diameter=20.0)).scores


def test_a_run_can_be_stopped(engine: StarterEngine) -> None:
    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        raise EngineError(EngineErrorCode.CANCELLED, "Stopped.", permanent=True)

    with pytest.raises(EngineError, match="Stopped"):
        engine.segment(IMAGE, AutoParams(), progress=stop)
    assert len(told) == 1


def test_progress_goes_up_to_one(engine: StarterEngine) -> None:
    told: list[float] = []
    engine.segment(IMAGE, AutoParams(), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts(),
        Prompts(points=(Point(-1, 5),)),
        Prompts(points=(Point(200, 5),)),
        Prompts(points=(Point(float("nan"), 5),)),
        Prompts(points=(Point(5, 5, positive=False),)),
        Prompts(box=Box(5, 5, 5, 9)),
        Prompts(box=Box(500, 5, 600, 9)),
        Prompts(box=Box(0, 0, float("inf"), 9)),
        Prompts(mask=Rle(0, 0, 0, 0, ())),
        Prompts(mask=Rle(199, 279, 2, 2, (0, 4))),
    ],
    ids=str,
)
def test_prompts_without_sense_are_refused(engine: StarterEngine, embedding: Embedding, prompts: Prompts) -> None:
    with pytest.raises(EngineError) as caught:
        engine.predict(embedding, prompts)
    assert caught.value.code == EngineErrorCode.PROMPT_INVALID
    assert caught.value.permanent
    assert caught.value.message.endswith(".")


def test_an_embedding_of_other_weights_is_refused(engine: StarterEngine, embedding: Embedding) -> None:
    with pytest.raises(EngineError) as caught:
        engine.predict(replace(embedding, weights="0" * 64), Prompts(points=(Point(5, 5),)))
    assert caught.value.code == EngineErrorCode.EMBEDDING_MISSING


def test_a_mask_alone_is_a_prompt(engine: StarterEngine, embedding: Embedding) -> None:
    label = isolated()[2]
    rough = engine.predict(embedding, Prompts(points=(middle(label),)))[0].mask
    results = engine.predict(embedding, Prompts(mask=rough))
    assert any((drawn(r.mask) & (label == LABELS)).any() for r in results)
    assert all(decode(r.mask).any() for r in results)
