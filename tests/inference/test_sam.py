"""Segment Anything: the geometry of any checkpoint, and the way between image and network coordinates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam

from inference.contracts import Box, Point, Prompts
from inference.engines import sam
from inference.engines.sam import Frame, SamEngine, mask_logits, mask_of_logits, to_rgb8
from inference.errors import EngineError, EngineErrorCode
from inference.networks.vit import read_geometry
from inference.rle import EMPTY, decode, encode, paste
from tests.inference.tiny_checkpoints import save, tiny_sam


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SamEngine, Sam]:
    network = tiny_sam(depth=3)
    save(network, tmp_path / "tiny.pth")
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("CYTOMARK_SAM_CHECKPOINT", "tiny.pth")
    engine = SamEngine()
    engine.load()
    return engine, network


def picture(height: int = 90, width: int = 150) -> np.ndarray:
    rng = np.random.default_rng(2)
    return rng.integers(0, 255, (height, width, 3), dtype=np.uint8)


def whole(mask: sam.Rle, height: int, width: int) -> np.ndarray:
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


def test_several_prompts_get_the_single_answer_first(loaded: tuple[SamEngine, Sam]) -> None:
    scores = np.array([0.1, 0.2, 0.9, 0.5], np.float32)
    assert sam._order(scores, Prompts(points=(Point(1, 1),))) == [2, 3, 1]
    assert sam._order(scores, Prompts(points=(Point(1, 1), Point(2, 2)))) == [0, 2, 3]
    assert sam._order(scores, Prompts(box=Box(0, 0, 5, 5))) == [0, 2, 3]


def test_only_negative_clicks_say_nothing(loaded: tuple[SamEngine, Sam]) -> None:
    engine, _ = loaded
    with pytest.raises(EngineError) as caught:
        engine.predict(engine.encode(picture()), Prompts(points=(Point(5, 5, positive=False),)))
    assert caught.value.code == EngineErrorCode.PROMPT_INVALID


def test_rows_and_columns_go_to_their_own_axes() -> None:
    frame = Frame(height=50, width=100, size=64)
    assert frame.inner == (32, 64)
    prompts = Prompts(points=(Point(10, 90),), box=Box(0, 20, 50, 100))
    tensors = sam._prompt_tensors(prompts, frame, 8, torch.device("cpu"))
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
    assert np.array_equal(to_rgb8(eight)[..., 2], eight)
    ramp = np.linspace(1000, 3000, 100 * 100).reshape(100, 100).astype(np.uint16)
    stretched = to_rgb8(ramp)
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert not to_rgb8(np.full((5, 5), 900, np.uint16)).any()


def test_a_mask_larger_than_the_image_is_cut() -> None:
    frame = Frame(20, 20, 64)
    rle = encode(np.ones((60, 60), bool), top=-20, left=-20)
    assert decode(mask_of_logits(mask_logits(rle, frame, grid=8), frame)).all()
