"""Segment Anything: the geometry of any checkpoint, and the way between image and network coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam

from inference.contracts import Box, Point, Prompts
from inference.engines.sam import SamEngine
from inference.engines.sam_frame import Frame, mask_logits, mask_of_logits, stretch_of, to_eight_bits
from inference.engines.sam_prompts import before_last, order, prompt_tensors
from inference.errors import EngineError, EngineErrorCode
from inference.networks.vit import read_geometry
from inference.rle import EMPTY, Rle, decode, encode, paste
from tests.inference.tiny_checkpoints import save, tiny_sam


def loaded_engine(network: Sam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SamEngine, Sam]:
    save(network, tmp_path / "tiny.pth")
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("CYTOMARK_SAM_CHECKPOINT", "tiny.pth")
    engine = SamEngine()
    engine.load()
    return engine, network


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SamEngine, Sam]:
    return loaded_engine(tiny_sam(depth=3), tmp_path, monkeypatch)


def picture(height: int = 90, width: int = 150) -> np.ndarray:
    rng = np.random.default_rng(2)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def whole(mask: Rle, height: int, width: int) -> np.ndarray:
    canvas = np.zeros((height, width), np.uint8)
    paste(mask, canvas, 1)
    return canvas.astype(bool)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def test_the_geometry_of_vit_b_is_read_off_its_shapes() -> None:
    shapes = {
        "patch_embed.proj.weight": (768, 3, 16, 16),
        "pos_embed": (1, 64, 64, 768),
        "blocks.0.mlp.lin1.weight": (3072, 768),
        "neck.0.weight": (256, 768, 1, 1),
    } | {f"blocks.{i}.attn.rel_pos_h": (127 if i in (2, 5, 8, 11) else 27, 64) for i in range(12)}
    state = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    geometry = read_geometry(state, "")
    assert (geometry.embed, geometry.depth, geometry.heads, geometry.image_size) == (768, 12, 12, 1024)


def test_the_features_are_those_of_the_package(loaded: tuple[SamEngine, Sam]) -> None:
    engine, network = loaded
    predictor = SamPredictor(network)
    predictor.set_image(picture())
    ours = engine.encode(picture()).arrays["features"]
    assert np.allclose(ours, predictor.features[0].numpy(), atol=2e-3)


def test_the_masks_are_those_of_the_package(loaded: tuple[SamEngine, Sam]) -> None:
    engine, network = loaded
    predictor = SamPredictor(network)
    predictor.set_image(picture())
    # Its points are pixel indices, ours continuous: they are half a network pixel apart.
    masks, scores, _ = predictor.predict(np.array([[100.0, 40.0]]), np.array([1]))
    rows, columns = 0.5 * 90 / 38, 0.5 * 150 / 64
    found = engine.predict(engine.encode(picture()), Prompts(points=(Point(40 + rows, 100 + columns),)))
    theirs = [mask for mask in masks[np.argsort(-scores)] if mask.any()]
    assert len(found) == len(theirs)
    for ours, mask in zip(found, theirs, strict=True):
        assert iou(whole(ours.mask, 90, 150), mask) > 0.99


def theirs(network: Sam, features: np.ndarray, tensors: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The low-resolution logits and the scores of all masks, by the package's own decoder."""
    with torch.inference_mode():
        sparse, dense = network.prompt_encoder(**tensors)
        logits, scores = network.mask_decoder.predict_masks(
            image_embeddings=torch.from_numpy(features.astype(np.float32))[None],
            image_pe=network.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
    return logits[0].numpy(), scores[0].numpy()


PROMPTS = {
    "click": Prompts(points=(Point(40, 100),)),
    "box": Prompts(box=Box(10, 20, 60, 90)),
    "box and click": Prompts(points=(Point(40, 100, positive=False),), box=Box(10, 20, 60, 120)),
    "mask and box": Prompts(mask=encode(np.ones((20, 30), bool), top=30, left=50), box=Box(30, 50, 50, 80)),
}


@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS.keys())
@pytest.mark.parametrize("layers", [1, 2])
def test_the_decoder_is_that_of_the_package(
    prompts: Prompts, layers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, network = loaded_engine(tiny_sam(layers=layers), tmp_path, monkeypatch)
    embedding = engine.encode(picture())
    decoded = engine.decode(embedding, prompts)
    frame = Frame(90, 150, 64)
    earlier = before_last(prompts)
    fed_back = None if earlier is None else engine.decode(embedding, earlier).logits[0]
    tensors = prompt_tensors(prompts, frame, grid=8, device=torch.device("cpu"), logits=fed_back)
    logits, scores = theirs(network, embedding.arrays["features"], tensors)
    shown = order(scores.tolist(), prompts)
    assert np.abs(logits[shown] - decoded.logits.numpy()).max() < 1e-4
    assert np.allclose(scores[shown].clip(0, 1), decoded.scores, atol=1e-5)


def test_several_prompts_get_the_single_answer_first(loaded: tuple[SamEngine, Sam]) -> None:
    scores = np.array([0.1, 0.2, 0.9, 0.5], np.float32)
    assert order(scores, Prompts(points=(Point(1, 1),))) == [2, 3, 1]
    assert order(scores, Prompts(points=(Point(1, 1), Point(2, 2)))) == [0, 2, 3]
    assert order(scores, Prompts(box=Box(0, 0, 5, 5))) == [0, 2, 3]


def test_only_negative_clicks_say_nothing(loaded: tuple[SamEngine, Sam]) -> None:
    engine, _ = loaded
    with pytest.raises(EngineError) as caught:
        engine.predict(engine.encode(picture()), Prompts(points=(Point(5, 5, positive=False),)))
    assert caught.value.code == EngineErrorCode.PROMPT_INVALID


def test_rows_and_columns_go_to_their_own_axes() -> None:
    frame = Frame(height=50, width=100, size=64)
    assert frame.inner == (32, 64)
    prompts = Prompts(points=(Point(10, 90),), box=Box(0, 20, 50, 100))
    tensors = prompt_tensors(prompts, frame, grid=8, device=torch.device("cpu"))
    x, y = tensors["points"][0][0, 0].tolist()
    assert (x, y) == (pytest.approx(90 * 0.64 - 0.5), pytest.approx(10 * 0.64 - 0.5))
    assert tensors["boxes"][0].tolist() == pytest.approx([20 * 0.64 - 0.5, -0.5, 63.5, 31.5])


@pytest.mark.parametrize(("height", "width"), [(50, 100), (700, 333), (9, 7), (1, 1)])
def test_a_mask_comes_back_from_the_network_where_it_was(height: int, width: int) -> None:
    """Into the low-resolution prompt and back, for images below and above the network's size."""
    frame = Frame(height, width, 1024)
    mask = np.zeros((height, width), bool)
    mask[: max(1, height // 3), width // 2 :] = True
    rle = encode(mask)
    back = mask_of_logits(mask_logits(rle, frame, grid=64), frame)
    assert iou(whole(back, height, width), mask) > 0.97


def test_a_mask_is_what_the_package_would_make_of_the_logits() -> None:
    rng = np.random.default_rng(5)
    coarse = torch.from_numpy(rng.normal(0, 3, (1, 1, 12, 12)).astype(np.float32))
    logits = torch.nn.functional.interpolate(coarse, (256, 256), mode="bicubic")
    frame = Frame(600, 431, 1024)
    theirs = Sam.postprocess_masks(_Sized(), logits, frame.inner, (600, 431))[0, 0].numpy() > 0
    assert iou(whole(mask_of_logits(logits[0, 0].numpy(), frame), 600, 431), theirs) > 0.995


class _Sized:
    """All that postprocess_masks asks of a Sam."""

    class image_encoder:  # noqa: N801 (the attribute's name there)
        img_size = 1024


def test_no_positive_logit_gives_the_empty_mask() -> None:
    assert mask_of_logits(np.full((32, 32), -1, np.float32), Frame(50, 70, 64)) == EMPTY


def test_sixteen_bits_are_stretched_and_eight_stay() -> None:
    eight = picture()[..., 0]
    assert np.array_equal(to_eight_bits(eight, stretch_of(eight)), eight)
    ramp = np.linspace(1000, 3000, 100 * 100).reshape(100, 100).astype(np.uint16)
    stretched = to_eight_bits(ramp, stretch_of(ramp))
    assert (stretched.min(), stretched.max()) == (0, 255)
    constant = np.full((5, 5), 900, np.uint16)
    assert not to_eight_bits(constant, stretch_of(constant)).any()


def test_a_mask_larger_than_the_image_is_cut() -> None:
    frame = Frame(20, 20, 64)
    rle = encode(np.ones((60, 60), bool), top=-20, left=-20)
    assert decode(mask_of_logits(mask_logits(rle, frame, grid=8), frame)).all()
