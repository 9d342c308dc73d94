"""Cellpose's network, U-Net and SegNet: shapes, tiles, weights files, and cells from what they say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.contracts import AutoParams, Point, Prompts
from inference.engines import cellpose_encoding, pixel_cells, registry
from inference.engines.cellpose_encoding import cellpose_maps, estimate_scale
from inference.engines.pixel_cells import cells_by_boundary, cells_by_class, class_logits
from inference.errors import EngineError, EngineErrorCode
from inference.halo import halo_spans
from inference.networks.cellpose import CellposeNetwork
from inference.networks.segnet import SegNet
from inference.networks.trained import Facts, load_trained
from inference.networks.unet import STRIDE, UNet
from inference.pixels import unit_rgb
from inference.training.class_views import with_boundary
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence, tissue
from tests.inference.tiny_checkpoints import save_tiny

CLASSED = {"unet": UNet, "segnet": SegNet}


def test_cellposes_network_answers_with_flows_and_cells() -> None:
    found = CellposeNetwork(4).eval()(torch.zeros(2, 1, 24, 40))
    assert found.flow.shape == (2, 2, 24, 40)
    assert found.cell.shape == (2, 24, 40)


@pytest.mark.parametrize("make", CLASSED.values(), ids=CLASSED)
def test_pixel_classifiers_answer_with_one_logit_for_each_class(make: type[UNet]) -> None:
    assert make(5, width=4).eval()(torch.zeros(2, 3, 32, 48)).shape == (2, 5, 32, 48)


@pytest.mark.parametrize("make", [CellposeNetwork, lambda: UNet(3), lambda: SegNet(3)], ids=["cellpose", *CLASSED])
def test_the_usual_size_is_small_and_one_seed_makes_one_network(make: type[torch.nn.Module]) -> None:
    networks = []
    for _ in range(2):
        torch.manual_seed(5)
        networks.append(make())
    one, other = networks
    assert 1e6 < sum(parameter.numel() for parameter in one.parameters()) < 3e6
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def scrambled(network: torch.nn.Module) -> torch.nn.Module:
    """With batch statistics that matter."""
    torch.manual_seed(1)
    for name, values in network.named_buffers():
        if name.endswith("running_mean"):
            values.normal_(0, 0.1)
    return network.eval()


def test_cellposes_tiles_say_what_the_whole_picture_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels_hw = np.random.default_rng(0).random((300, 420), np.float32)
    network = scrambled(CellposeNetwork(2))
    assert isinstance(network, CellposeNetwork)
    whole, cell_hw = cellpose_maps(network, pixels_hw, scale=1.0)
    monkeypatch.setattr(cellpose_encoding, "TILE", 256)
    monkeypatch.setattr(cellpose_encoding, "HALO", 96)
    tiled, tiled_hw = cellpose_maps(network, pixels_hw, scale=1.0)
    assert np.ptp(whole.astype(float)) > 0.1
    assert np.abs(whole.astype(float) - tiled).max() < 2e-3
    assert np.abs(cell_hw.astype(float) - tiled_hw).max() < 2e-3


@pytest.mark.parametrize("make", CLASSED.values(), ids=CLASSED)
def test_pixel_classes_do_not_depend_on_tiles(make: type[UNet], monkeypatch: pytest.MonkeyPatch) -> None:
    planes_chw = np.random.default_rng(0).random((3, 300, 420), np.float32)
    network = scrambled(make(3, width=2))
    whole = class_logits(network, planes_chw, scale=1.0, logits=3, stride=STRIDE)
    monkeypatch.setattr(pixel_cells, "TILE", 320)
    tiled = class_logits(network, planes_chw, scale=1.0, logits=3, stride=STRIDE)
    assert np.ptp(whole) > 0.1
    assert np.abs(whole - tiled).max() < 5e-3


def test_spans_keep_every_pixel_once() -> None:
    for length in (1, 255, 256, 257, 1000):
        spans = list(halo_spans(length, tile=256, halo=96))
        assert [stop for _, _, _, stop in spans[:-1]] == [start for _, _, start, _ in spans[1:]]
        assert (spans[0][2], spans[-1][3]) == (0, length)
        assert all(r0 % 32 == 0 and r1 - r0 <= 256 for r0, r1, _, _ in spans)


def test_the_size_of_cells_is_told_by_the_style() -> None:
    network = CellposeNetwork(2).eval()
    pixels_hw = np.random.default_rng(0).random((64, 64), np.float32)
    assert estimate_scale(network, pixels_hw, start=0.5) == 0.5
    torch.nn.init.constant_(network.size.bias, -0.5)
    assert estimate_scale(network, pixels_hw, start=0.5) == pytest.approx(1.0)


def test_colours_stay_and_dark_cells_become_bright() -> None:
    grey = np.arange(100, dtype=np.uint8).reshape(10, 10) ** 2 % 251
    assert (unit_rgb(grey) == unit_rgb(grey)[:1]).all()
    assert not unit_rgb(np.full((4, 5, 3), 9, np.uint16)).any()
    image_hwc, labels_hw = tissue(1, height=80, width=90, cells=8)
    planes_chw = unit_rgb(image_hwc)
    assert planes_chw.shape == (3, 80, 90)
    nuclei, ground = planes_chw[:, labels_hw > 0].mean(axis=1), planes_chw[:, labels_hw == 0].mean(axis=1)
    assert (nuclei > ground).all()
    assert nuclei[0] > nuclei[2]


def test_boundaries_part_cells_that_touch() -> None:
    _, labels_hw = fluorescence(3, height=160, width=160, cells=25)
    kinds_hw = with_boundary(labels_hw)
    logits_chw = np.stack([np.where(kinds_hw == kind, 6.0, -6.0) for kind in range(3)]).astype(np.float32)
    found = cells_by_boundary(logits_chw, AutoParams())
    assert average_precision(labels_hw, found.labels_hw)["0.75"] >= 0.95
    assert len(found.scores) == found.labels_hw.max()
    assert min(found.scores) > 0.9


def test_a_piece_without_a_sure_inside_is_a_cell_too() -> None:
    logits_chw = np.zeros((3, 20, 20), np.float32)
    logits_chw[0] = 5
    logits_chw[2, 4:9, 4:9] = 9
    assert np.count_nonzero(cells_by_boundary(logits_chw, AutoParams()).labels_hw) == 25


def test_regions_of_classes_keep_their_names() -> None:
    logits_chw = np.full((3, 30, 40), -5, np.float32)
    logits_chw[0] = 0
    logits_chw[2, 2:10, 2:10] = 5
    logits_chw[1, 10:20, 2:10] = 5
    logits_chw[2, 5:12, 20:30] = 5
    logits_chw[0, 7:9, 24:26], logits_chw[2, 7:9, 24:26] = 5, -5
    found = cells_by_class(logits_chw, AutoParams(), ("round", "long"))
    assert [found.classes[found.labels_hw[place] - 1] for place in ((3, 3), (15, 5), (6, 22))] == [
        "long", "round", "long",
    ]  # fmt: skip
    assert np.count_nonzero(found.labels_hw == found.labels_hw[6, 22]) == 70
    assert cells_by_class(logits_chw, AutoParams(min_area=1000), ("round", "long")).classes == ()


def refused(path: Path, engine: str = "cellpose") -> str:
    with pytest.raises(EngineError) as caught:
        load_trained(path, engine=engine, make=lambda facts: CellposeNetwork(facts.width))
    assert caught.value.code == EngineErrorCode.WEIGHTS_INVALID
    assert caught.value.permanent
    return caught.value.message


def test_a_weights_file_brings_its_facts(tmp_path: Path) -> None:
    path = save_tiny("cellpose", tmp_path)
    network, facts, weights = load_trained(path, engine="cellpose", make=lambda facts: CellposeNetwork(facts.width))
    assert facts == Facts(width=4, diameter=20.0, scale=0.85)
    assert len(weights) == 64
    assert not network.training


def test_files_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = save_tiny("cellpose", tmp_path)
    assert "not trained as “unet”" in refused(path, "unet")
    tensors = {name: values.clone() for name, values in load_file(path).items()}
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refused(path)

    def write(told: object) -> Path:
        metadata = {"format": "cytomark-cellpose-1", "facts": told if isinstance(told, str) else json.dumps(told)}
        save_file(tensors, path, metadata=metadata)
        return path

    good = {"width": 4, "diameter": 20.0, "scale": 0.8, "classes": [], "boundary": False}
    assert "its width is not between" in refused(write(good | {"width": 10**9}))
    assert "cannot be" in refused(write(good | {"scale": float("nan")}))
    assert "cannot be" in refused(write(good | {"diameter": -3}))
    assert "64 classes" in refused(write(good | {"classes": ["x"] * 65}))
    assert "tensors are not those" in refused(write(good | {"width": 5}))
    assert "not a file of" in refused(write("{"))
    assert "not a file of" in refused(write([1]))


def test_a_click_and_a_new_threshold_need_only_the_embedding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("CYTOMARK_CELLPOSE_CHECKPOINT", raising=False)
    save_tiny("cellpose", tmp_path)
    registry._engine.cache_clear()
    engine = registry.get_flow_engine("cellpose")
    embedding = engine.encode(fluorescence(1, height=70, width=90, cells=5)[0])
    assert embedding.arrays["flow"].shape[1:] == embedding.arrays["cell"].shape
    assert len(engine.predict(embedding, Prompts(points=(Point(30, 40),)))) <= 3
    assert engine.masks(embedding, AutoParams(cell_probability=1e6)).scores == ()
    registry._engine.cache_clear()


def test_a_diameter_that_makes_too_large_a_picture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    for name in ("cellpose", "unet"):
        save_tiny(name, tmp_path)
        registry._engine.cache_clear()
        engine = registry.get_auto_engine(name)
        for diameter in (1e-6, 0.0, -2.0):
            with pytest.raises(EngineError) as caught:
                engine.segment(np.zeros((60, 60), np.uint8), AutoParams(diameter=diameter))
            assert caught.value.code == EngineErrorCode.REQUEST_INVALID
    registry._engine.cache_clear()
