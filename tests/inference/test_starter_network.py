"""The starter network's shapes, its weights file, and what the loader refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.engines.starter_encoding import encode_maps
from inference.errors import EngineError, EngineErrorCode
from inference.networks.prompt_decoder import DENSE, MASKS, WINDOW, PromptDecoder, compiled
from inference.networks.starter import FEATURE_STRIDE, FEATURES, Encoder
from inference.networks.starter_weights import SHIPPED, load_starter, save_starter


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("starter") / "fresh.safetensors"
    save_starter(Encoder(), PromptDecoder(), path)
    return path


def test_the_encoder_answers_at_full_size() -> None:
    out = Encoder().eval()(torch.zeros(2, 1, 64, 96))
    assert out.features.shape == (2, FEATURES, 16, 24)
    assert out.flow.shape == (2, 2, 64, 96)
    assert out.cell.shape == out.log_diameter.shape == (2, 64, 96)


def test_the_decoder_gives_three_masks_and_four_scores() -> None:
    side = WINDOW // FEATURE_STRIDE
    inputs = torch.zeros(2, FEATURES, side, side), torch.zeros(2, DENSE, WINDOW, WINDOW)
    logits, scores = PromptDecoder()(*inputs, torch.zeros(2, 3, 2), torch.zeros(2, 3, dtype=torch.long))
    assert logits.shape == (2, MASKS, WINDOW, WINDOW)
    assert scores.shape == (2, 1 + MASKS)


def test_tiles_give_what_the_whole_image_gives() -> None:
    torch.manual_seed(1)
    encoder = Encoder().eval()
    wide = np.random.default_rng(0).random((96, 704), np.float32)
    maps = encode_maps(encoder, wide, scale=1.0)
    with torch.inference_mode():
        whole = encoder(torch.from_numpy(wide)[None, None])
        turned = encoder(torch.from_numpy(wide).flip(0, 1)[None, None])
    cell_hw = (whole.cell[0] + turned.cell[0].flip(0, 1)) / 2
    assert np.abs(maps.cell_hw - cell_hw.numpy()).max() < 0.05
    assert np.abs(maps.features - whole.features[0].numpy()).max() < 0.05


def test_an_image_upside_down_has_its_flow_field_upside_down() -> None:
    torch.manual_seed(2)
    encoder = Encoder().eval()
    square = np.random.default_rng(1).random((96, 128), np.float32)
    one, other = (encode_maps(encoder, each, scale=1.0) for each in (square, square[::-1, ::-1].copy()))
    np.testing.assert_allclose(other.flow, -one.flow[:, ::-1, ::-1], atol=2e-3)
    np.testing.assert_allclose(other.cell_hw, one.cell_hw[::-1, ::-1], atol=2e-3)


def test_what_is_written_is_read_and_named_by_its_hash(weights: Path) -> None:
    encoder, _, digest = load_starter(weights)
    assert len(digest) == 64
    assert not encoder.training
    assert all(p.dtype == torch.float32 for p in encoder.parameters())


def test_the_shipped_weights_are_small_and_good() -> None:
    assert SHIPPED.stat().st_size <= 20_000_000
    load_starter(SHIPPED)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _foreign(path: Path) -> None:
    save_file({"something": torch.zeros(3)}, path)


def _nonsense(path: Path) -> None:
    path.write_bytes(b"no weights at all")


def _not_a_number(path: Path) -> None:
    tensors = load_file(path)
    tensors["encoder.stem.0.weight"][0, 0, 0, 0] = float("nan")
    save_file(tensors, path)


def _other_shape(path: Path) -> None:
    tensors = load_file(path)
    tensors["decoder.tokens"] = tensors["decoder.tokens"][:2].clone()
    save_file(tensors, path)


def _other_type(path: Path) -> None:
    tensors = load_file(path)
    tensors["decoder.tokens"] = tensors["decoder.tokens"].to(torch.int8)
    save_file(tensors, path)


@pytest.mark.parametrize("damage", [_cut_short, _foreign, _nonsense, _not_a_number, _other_shape, _other_type])
def test_damaged_and_foreign_files_are_refused(weights: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "starter.safetensors"
    path.write_bytes(weights.read_bytes())
    damage(path)
    with pytest.raises(EngineError, match=r"starter\.safetensors") as caught:
        load_starter(path)
    assert caught.value.code == EngineErrorCode.WEIGHTS_INVALID
    assert caught.value.permanent


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"gone\.safetensors") as caught:
        load_starter(tmp_path / "gone.safetensors")
    assert caught.value.code == EngineErrorCode.WEIGHTS_MISSING


@pytest.mark.parametrize("points", [1, 2, 9])
def test_the_compiled_decoder_answers_as_the_network_does(points: int) -> None:
    torch.manual_seed(4)
    decoder = PromptDecoder().eval()
    side = WINDOW // FEATURE_STRIDE
    inputs = (torch.randn(1, FEATURES, side, side), torch.randn(1, DENSE, WINDOW, WINDOW))
    asked = (torch.rand(1, points, 2), torch.randint(0, 5, (1, points)))
    with torch.inference_mode():
        found, expected = compiled(decoder)(*inputs, *asked), decoder(*inputs, *asked)
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(found, expected, strict=True))
