"""Planes that are too large to be worked on at once: the same cells, found window by window; clicks where cells can be
seen; never the whole plane in memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from inference import large_planes
from inference.contracts import AutoParams, Box, MaskResult, Part, Point, Prompts, Segmentation
from inference.engines.base import AutoEngine, FlowEngine, Image, StreamEngine, TilePromptEngine
from inference.engines.starter import StarterEngine
from inference.errors import EngineErrorCode
from inference.large_planes import parts_in_windows, sample_windows, shrunk
from inference.parts import gather, parts_of, segment_all
from inference.pixels import exposure_of, unit_grey
from inference.rle import Rle, decode
from inference.training.metrics import average_precision
from inference.training.synthetic import fluorescence
from tests.inference.engine_scene import over_auto_engines, over_flow_engines, picture, refused

SIDES = (500, 760)


@pytest.fixture(scope="module")
def scene() -> tuple[Image, NDArray[np.int32]]:
    """Nuclei on a plane of several windows, once their size is small."""
    return fluorescence(5, height=SIDES[0], width=SIDES[1], cells=90)


@pytest.fixture
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_planes, "LARGE_PIXELS", 100_000)
    monkeypatch.setattr(large_planes, "BLOCK", 256)
    monkeypatch.setattr(large_planes, "HALO", 64)


def on_plane(mask: Rle) -> NDArray[np.bool_]:
    drawn_hw = np.zeros(SIDES, bool)
    drawn_hw[mask.top : mask.bottom, mask.left : mask.right] = decode(mask)
    return drawn_hw


def iou(one_hw: NDArray[np.bool_], other_hw: NDArray[np.bool_]) -> float:
    return float((one_hw & other_hw).sum() / (one_hw | other_hw).sum())


def test_a_smaller_copy_has_the_means_of_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_planes, "LARGE_PIXELS", 30)
    image = np.arange(70, dtype=np.uint16).reshape(7, 10)
    small = shrunk(image)
    assert small.dtype == np.uint16
    assert small.shape == (4, 5)
    assert small[0, 0] == np.rint(image[:2, :2].mean())
    assert small[3, 4] == np.rint(image[6:, 8:].mean())
    assert shrunk(np.stack([image] * 3, axis=-1)).shape == (4, 5, 3)


def test_what_is_not_large_stays_as_it_is() -> None:
    image = picture()
    assert shrunk(image) is image


def test_a_part_looks_as_it_does_in_the_whole(scene: tuple[Image, NDArray[np.int32]]) -> None:
    image, _ = scene
    part = unit_grey(image[100:300, 50:250], exposure_of(image))
    assert np.array_equal(part, unit_grey(image)[100:300, 50:250])


@pytest.mark.usefixtures("_small_windows")
def test_the_windows_that_stand_for_the_plane_have_cells_in_them() -> None:
    image = np.full((800, 800), 20, np.uint8)
    image[600:700, 520:620] = picture(100, 100)
    first = sample_windows(image)[0]
    assert first.top <= 650 < first.bottom
    assert first.left <= 570 < first.right


@pytest.mark.usefixtures("_small_windows")
def test_window_by_window_the_same_cells_are_found(scene: tuple[Image, NDArray[np.int32]]) -> None:
    engine, (image, truth_hw) = StarterEngine(), scene
    at_once = engine.segment(image, AutoParams()).labels_hw
    parts = list(engine.stream(image, AutoParams()))
    assert len(parts) == 6
    in_parts = gather(parts, *SIDES).labels_hw
    assert average_precision(at_once, in_parts)["0.75"] > 0.9
    assert in_parts.max() == sum(len(part.cells) for part in parts), "a cell was found twice"
    assert average_precision(truth_hw, in_parts)["0.5"] > average_precision(truth_hw, at_once)["0.5"] - 0.03
    (listed,) = segment_all(engine, [image], AutoParams())
    assert np.array_equal(listed.labels_hw, in_parts)


@pytest.mark.usefixtures("_small_windows")
def test_what_somebody_looks_at_comes_first_and_a_run_can_be_stopped(scene: tuple[Image, NDArray[np.int32]]) -> None:
    shares: list[float] = []

    def tell(share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise KeyboardInterrupt

    parts = StarterEngine().stream(scene[0], AutoParams(first=Box(400, 600, 490, 750)), progress=tell)
    first = next(parts).cells[0].mask
    assert first.bottom > 230
    assert first.right > 500
    with pytest.raises(KeyboardInterrupt):
        list(parts)
    assert shares == sorted(shares)


@pytest.mark.usefixtures("_small_windows")
def test_a_cell_that_reaches_out_of_its_window_is_looked_at_in_a_larger_one() -> None:
    image = np.zeros(SIDES, np.uint8)
    image[200:330, 100:520] = 200

    def bright(part: Image) -> Segmentation:
        return Segmentation((part > 100).astype(np.int32), (1.0,))

    cells = [cell for part in parts_in_windows(image, bright) for cell in part.cells]
    assert [(cell.mask.top, cell.mask.left, cell.mask.area) for cell in cells] == [(200, 100, 130 * 420)]


@pytest.mark.usefixtures("_small_windows")
def test_a_click_is_answered_from_the_part_around_it(scene: tuple[Image, NDArray[np.int32]]) -> None:
    engine, (image, truth_hw) = StarterEngine(), scene
    label = int(truth_hw[350, 400:600].max())
    rows, columns = np.nonzero(truth_hw == label)
    click = Prompts(points=(Point(float(rows.mean()), float(columns.mean())),))
    assert engine.tile_of(click, height=SIDES[0], width=SIDES[1]) is not None
    near = engine.predict(engine.encode_tile(image, (128, 256, 372, 500)), click)
    assert iou(on_plane(near[0].mask), truth_hw == label) > 0.7


@pytest.mark.usefixtures("_small_windows")
@over_flow_engines
def test_every_flow_engine_sees_a_large_plane_from_afar_and_near(flow_engine: FlowEngine) -> None:
    assert isinstance(flow_engine, TilePromptEngine)
    assert isinstance(flow_engine, StreamEngine)
    image = picture(400, 500)
    whole = flow_engine.encode(image)
    assert (whole.height, whole.width) == (400, 500)
    assert whole.arrays["cell"].size <= 400 * 500
    click = Prompts(points=(Point(120.5, 350.5),))
    tile = flow_engine.encode_tile(image, (60, 200, 200, 300))
    for embedding in (whole, tile):
        for found in flow_engine.predict(embedding, click):
            assert 0 <= found.mask.top < found.mask.bottom <= 400
            assert 0 <= found.mask.left < found.mask.right <= 500
    error = refused(EngineErrorCode.IMAGE_UNSUPPORTED, lambda: flow_engine.masks(whole, AutoParams()))
    assert error.permanent


@pytest.mark.usefixtures("_small_windows")
@over_auto_engines
def test_every_engine_finds_cells_of_a_large_plane_inside_of_it(auto_engine: AutoEngine) -> None:
    image = picture(400, 500)
    parts = list(parts_of(auto_engine, image, AutoParams(min_area=1)))
    assert len({part.number for part in parts}) == len(parts)
    for cell in (cell for part in parts for cell in part.cells):
        assert 0 <= cell.mask.top < cell.mask.bottom <= 400
        assert 0 <= cell.mask.left < cell.mask.right <= 500


@pytest.mark.parametrize("auto_engine", ["segnet"], indirect=True)
def test_regions_of_classes_are_refused_where_they_would_take_all_memory(auto_engine: AutoEngine) -> None:
    image = np.broadcast_to(np.uint8(7), (20_000, 20_000))
    refused(EngineErrorCode.IMAGE_UNSUPPORTED, lambda: list(parts_of(auto_engine, image, AutoParams())))


def test_parts_put_together_keep_their_classes() -> None:
    cells = [MaskResult(Rle(top, 0, 1, 1, (0, 1)), 0.5) for top in (2, 0)]
    found = gather([Part(0, (cells[0],), ("long",)), Part(1, (cells[1],), ("round",))], 3, 1)
    assert found.classes == ("round", "long")


def test_a_large_plane_is_never_in_memory() -> None:
    """Of 64 million pixels of 16 bit, as a file would give them, less than a fifth at any time."""
    image = np.broadcast_to(np.arange(8000, dtype=np.uint16), (8000, 8000))
    tracemalloc.start()
    exposure_of(image)
    after_exposure = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    small = shrunk(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert small.shape == (4000, 4000)
    assert peak < 100e6
    assert after_exposure < 400e6
