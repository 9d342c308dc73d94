"""Cellpose-SAM: the package's own arithmetic, in our tile loop."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from cellpose.models import CellposeModel

from inference.contracts import AutoParams
from inference.engines.cellpose_sam import CellposeSamEngine
from inference.errors import EngineError, EngineErrorCode
from tests.inference.tiny_checkpoints import save, tiny_cpsam


def spots(shape: tuple[int, int], places: list[tuple[int, int]]) -> np.ndarray:
    """Smooth bright spots, twice as tall as wide, at (row, column)."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    light = [np.exp(-((rows - r) ** 2) / 200 - (columns - c) ** 2 / 50) for r, c in places]
    return (np.max(light, axis=0) * 60000).astype(np.uint16)


class Uphill(torch.nn.Module):
    """Stands for a trained network: cells are where it is bright, and flows go uphill."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = SimpleNamespace(img_size=256)
        self.place = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, None]:
        bright = images.mean(dim=1)
        flow_rows, flow_columns = torch.gradient(bright, dim=(1, 2))
        length = torch.sqrt(flow_rows**2 + flow_columns**2) + 1e-3
        return torch.stack((5 * flow_rows / length, 5 * flow_columns / length, 10 * (bright - 0.3)), dim=1), None


@pytest.fixture
def uphill() -> CellposeSamEngine:
    engine = CellposeSamEngine()
    engine._network = Uphill()
    return engine


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[CellposeSamEngine, Any]:
    network = tiny_cpsam()
    save(network, tmp_path / "cpsam_v2")
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    engine = CellposeSamEngine()
    engine.load()
    return engine, network


@pytest.mark.parametrize("shape", [(300, 420), (90, 64), (256, 256, 3), (270, 300, 3)], ids=str)
def test_flows_are_those_of_the_package(tiny: tuple[CellposeSamEngine, Any], shape: tuple[int, ...]) -> None:
    engine, network = tiny
    image = np.random.default_rng(0).integers(100, 4000, shape, dtype=np.uint16)
    model: Any = CellposeModel.__new__(CellposeModel)
    model.net, model.backbone, model.device, model.gpu = network, "sam_vitl", torch.device("cpu"), False
    _, (_, flows, logits), _ = model.eval(
        image, channel_axis=2 if image.ndim == 3 else None, compute_masks=False, bsize=256,
        normalize={"normalize": True, "percentile": None, "lowhigh": None, "norm3D": True,
                   "sharpen_radius": 0, "smooth_radius": 0, "tile_norm_blocksize": 0,
                   "tile_norm_smooth3D": 1, "invert": False},
    )  # fmt: skip
    ours = engine.flows(image, AutoParams())
    scale = np.abs(flows).max()
    assert np.allclose(ours[:2], flows, atol=1e-3 * scale)
    assert np.allclose(ours[2], logits, atol=1e-3 * scale)


def test_cells_are_found_where_they_are_across_tiles(uphill: CellposeSamEngine) -> None:
    places = [(60, 70), (60, 400), (215, 240), (330, 230), (420, 520)]
    result = uphill.segment(spots((480, 600), places), AutoParams())
    assert len(result.scores) == len(places)
    labels = [int(result.labels_hw[place]) for place in places]
    assert sorted(labels) == [1, 2, 3, 4, 5]
    for place, label in zip(places, labels, strict=True):
        rows, columns = np.nonzero(result.labels_hw == label)
        assert np.ptp(rows) > 1.5 * np.ptp(columns)
        assert (rows.mean(), columns.mean()) == pytest.approx(place, abs=2)
    assert min(result.scores) > 0.5


def test_a_diameter_resizes_for_the_network_and_back(uphill: CellposeSamEngine) -> None:
    result = uphill.segment(spots((200, 320), [(60, 200)]), AutoParams(diameter=15))
    assert result.labels_hw.shape == (200, 320)
    assert result.labels_hw[60, 200] == 1


def test_small_cells_are_left_out(uphill: CellposeSamEngine) -> None:
    image = spots((200, 320), [(60, 200)])
    area = int((uphill.segment(image, AutoParams()).labels_hw > 0).sum())
    assert not uphill.segment(image, AutoParams(min_area=area + 1)).scores


@pytest.mark.parametrize("diameter", [0.0, -3.0, float("nan"), 0.01, 1e9])
def test_a_diameter_that_cannot_be_meant_is_refused(uphill: CellposeSamEngine, diameter: float) -> None:
    with pytest.raises(EngineError) as caught:
        uphill.segment(spots((200, 320), [(60, 200)]), AutoParams(diameter=diameter))
    assert caught.value.code == EngineErrorCode.REQUEST_INVALID


def test_the_licence_says_that_the_data_are_non_commercial() -> None:
    card = CellposeSamEngine.card
    for text in (card.licence, card.notice):
        assert "BSD-3" in text
        assert "CC-BY-NC" in text


def test_names_left_by_training_on_several_gpus_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: tuple[CellposeSamEngine, Any]
) -> None:
    state = {f"module.{name}": value.half() for name, value in tiny[1].state_dict().items()}
    torch.save(state, tmp_path / "mine")
    monkeypatch.setenv("CYTOMARK_CELLPOSE_SAM_CHECKPOINT", "mine")
    CellposeSamEngine().load()
