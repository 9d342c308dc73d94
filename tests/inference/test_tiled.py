"""Images of any size: block by block as on the whole plane, the visible part first, in little memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from inference import field, torch_runtime
from inference.contracts import AutoParams, Box, MaskResult, Part
from inference.engines import cellpose_sam, tiled
from inference.engines.base import Progress
from inference.engines.cellpose_sam import CellposeSamEngine
from inference.errors import EngineError, EngineErrorCode
from inference.field import Field, FieldBuilder
from inference.parts import gather, segment_all
from inference.resampling import Axis
from inference.rle import Rle, decode
from inference.tiling import Window, tiles
from tests.inference.test_cellpose_sam import Uphill


def blobs(height: int, width: int, *, count: int, seed: int = 0, sigma: float = 5) -> np.ndarray:
    """Round spots that do not touch, uint16."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width].astype(np.float32)
    image = np.zeros((height, width), np.float32)
    places: list[tuple[float, float]] = []
    while len(places) < count:
        row, col = rng.uniform(0, height), rng.uniform(0, width)
        if all((row - r) ** 2 + (col - c) ** 2 > (6 * sigma) ** 2 for r, c in places):
            places.append((row, col))
            top, left = max(int(row - 6 * sigma), 0), max(int(col - 6 * sigma), 0)
            part = np.s_[top : int(row + 6 * sigma), left : int(col + 6 * sigma)]
            spot = np.exp(-((rows[part] - row) ** 2 + (cols[part] - col) ** 2) / (2 * sigma**2))
            image[part] = np.maximum(image[part], spot)
    return (image * 60_000).astype(np.uint16)


class Counting(Uphill):
    """Uphill, with the sizes of its batches; may run out of memory where they are too large."""

    def __init__(self, *, most: int = 1000, best: int = 8) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.most = most

    def forward(self, images: torch.Tensor) -> Any:
        self.batches.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().forward(images)


def engine_with(network: Uphill) -> CellposeSamEngine:
    engine = CellposeSamEngine()
    engine._network = network
    return engine


def parts_of(
    image: np.ndarray, *, block: int, params: AutoParams | None = None, progress: Progress | None = None
) -> list[Part]:
    return list(engine_with(Uphill())._parts(image, params or AutoParams(), progress, block=block))


def same_cells(one: list[MaskResult], other: list[MaskResult]) -> bool:
    return sorted(cell.mask.counts for cell in one) == sorted(cell.mask.counts for cell in other)


def cells_of(parts: list[Part]) -> list[MaskResult]:
    return sorted((cell for part in parts for cell in part.cells), key=lambda cell: (cell.mask.top, cell.mask.left))


def overlap(one: Rle, other: Rle) -> float:
    """IoU of two masks."""
    canvas = np.zeros((2, max(one.bottom, other.bottom), max(one.right, other.right)), bool)
    for plane, mask in zip(canvas, (one, other), strict=True):
        plane[mask.top : mask.bottom, mask.left : mask.right] = decode(mask)
    return float(canvas.all(axis=0).sum() / canvas.any(axis=0).sum())


@pytest.mark.parametrize("block", [90, 160])
def test_blocks_have_the_masks_of_the_whole_plane(block: int) -> None:
    image = blobs(300, 420, count=80)
    whole, parts = parts_of(image, block=2048), parts_of(image, block=block)
    assert len(whole) == 1
    assert sorted(part.number for part in parts) == list(range(len(parts)))
    one, other = cells_of(whole), cells_of(parts)
    assert len(one) == len(other) > 65
    assert [cell.mask for cell in one] == [cell.mask for cell in other]


def test_cells_larger_than_the_halo_are_found_once_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled, "HALO", 5)
    image = blobs(220, 300, count=20, sigma=8, seed=5)
    one, other = cells_of(parts_of(image, block=2048)), cells_of(parts_of(image, block=40))
    assert max(cell.mask.height for cell in one) > 20
    assert len(one) == len(other) > 12
    assert min(overlap(a.mask, b.mask) for a, b in zip(one, other, strict=True)) > 0.85


def test_what_is_looked_at_comes_first() -> None:
    image = blobs(400, 1500, count=80)
    shares: list[float] = []
    parts = parts_of(image, block=250, params=AutoParams(first=Box(250, 1300, 350, 1400)), progress=shares.append)
    assert all(cell.mask.left > 1200 for cell in parts[0].cells)
    assert len(parts[0].cells) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_first_part_comes_long_before_the_last_tile() -> None:
    network = Counting()
    stream = engine_with(network).stream(blobs(300, 2200, count=60), AutoParams())
    next(stream)
    before = len(network.batches)
    list(stream)
    assert before < 0.5 * len(network.batches)


def test_a_run_may_be_stopped_between_tiles_and_keeps_what_came() -> None:
    def stop(share: float) -> None:
        if share > 0.7:
            raise EngineError(EngineErrorCode.CANCELLED, "Stopped.", permanent=True)

    parts: list[Part] = []
    stream = engine_with(Uphill())._parts(blobs(250, 900, count=40), AutoParams(), stop, block=200)
    with pytest.raises(EngineError) as caught:
        parts.extend(stream)
    assert caught.value.code == EngineErrorCode.CANCELLED
    assert parts


def test_out_of_memory_makes_batches_smaller_and_repeats_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cellpose_sam, "CPU_BATCH", 8)
    network, image = Counting(most=4), blobs(400, 700, count=50)
    parts = list(engine_with(network)._parts(image, AutoParams(), None, block=200))
    assert network.batches[0] == 8
    assert max(network.batches[1:]) == 4
    assert len({part.number for part in parts}) == len(parts)
    assert same_cells(cells_of(parts), cells_of(parts_of(image, block=200)))


def test_when_nothing_helps_the_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Counting(most=0)
    with pytest.raises(EngineError) as caught:
        engine_with(network).segment(blobs(300, 300, count=9), AutoParams())
    assert (caught.value.code, caught.value.permanent) == (EngineErrorCode.OUT_OF_MEMORY, False)
    assert network.batches == [4, 2, 1]
    assert torch_runtime.batch_size(8) == 8


def test_batches_are_filled_from_one_image_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cellpose_sam, "CPU_BATCH", 8)
    images = [blobs(100, 110 + 10 * number, count=5, seed=number) for number in range(9)]
    images.append(np.stack([images[2]] * 3, axis=-1))
    network = Counting()
    found = list(segment_all(engine_with(network), images, AutoParams()))
    assert network.batches == [8, 1, 1]
    for image, result in zip(images, found, strict=True):
        alone = engine_with(Uphill()).segment(image, AutoParams())
        assert result.labels_hw.shape == image.shape[:2]
        assert np.array_equal(result.labels_hw, alone.labels_hw)


def test_only_the_rim_of_what_is_done_is_in_memory() -> None:
    plan = Field(200, 8000)
    everything = tiles(256, 8000, size=256, overlap=0.1)
    builder = FieldBuilder(plan, everything, size=256)
    most = 0
    for tile in everything:
        builder.add(tile, np.full((3, 256, 256), tile.left, np.float32))
        most = max(most, builder.held)
    assert most <= 3
    assert builder.held == 0
    assert all(builder.is_done(unit) for unit in range(len(builder.units)))


def test_a_field_on_disk_is_the_same_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path))
    monkeypatch.setattr(field, "IN_MEMORY_BYTES", 0)
    values = np.random.default_rng(0).normal(size=(3, 40, 50)).astype(np.float32)
    kept = Field(90, 120)
    kept.write(Window(30, 60, 70, 110), values)
    assert np.allclose(kept.read(Window(30, 60, 70, 110)), values, atol=1e-2)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path))
    monkeypatch.setattr(field, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(EngineError) as caught:
        Field(900, 1200)
    assert caught.value.code == EngineErrorCode.DISK_FULL
    assert "No space left" in caught.value.message


@pytest.mark.parametrize(("length", "scaled"), [(100, 37), (37, 100), (64, 64), (2, 9)])
def test_parts_of_a_resized_axis_are_those_of_the_library(length: int, scaled: int) -> None:
    image = np.random.default_rng(1).normal(size=(length, 5)).astype(np.float32)
    whole = cv2.resize(image, (5, scaled), interpolation=cv2.INTER_LINEAR)
    axis = Axis(length, scaled)
    for start in range(0, scaled, 9):
        stop = min(start + 9, scaled)
        part = axis.resample(image[slice(*axis.span(start, stop))], start, stop, axis=0)
        assert np.allclose(part, whole[start:stop], atol=1e-5)


@pytest.mark.parametrize("diameter", [20.0, 55.0])
def test_blocks_agree_when_the_network_sees_another_scale(diameter: float) -> None:
    image, params = blobs(300, 420, count=40, sigma=7), AutoParams(diameter=diameter)
    one = cells_of(parts_of(image, block=2048, params=params))
    other = cells_of(parts_of(image, block=120, params=params))
    assert len(one) == len(other) > 30
    assert min(overlap(a.mask, b.mask) for a, b in zip(one, other, strict=True)) > 0.85


def test_a_cell_that_others_cover_leaves_no_gap_in_the_numbers() -> None:
    masks = [Rle(0, 0, 2, 2, (0, 4)), Rle(0, 0, 3, 3, (0, 9)), Rle(5, 5, 1, 1, (0, 1))]
    parts = [Part(0, tuple(MaskResult(mask, score) for mask, score in zip(masks, (0.1, 0.2, 0.3), strict=True)))]
    found = gather(parts, 8, 8)
    assert np.unique(found.labels_hw).tolist() == [0, 1, 2]
    assert found.scores == (0.2, 0.3)
