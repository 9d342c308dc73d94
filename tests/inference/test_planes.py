"""What engines get of an image with many planes, channels and kinds of numbers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import planes
from inference.contracts import ImageRef, PlaneView, Projection
from inference.embeddings import EmbeddingKey
from inference.errors import EngineError
from inference.planes import load_pixels
from inference.wire import get_image
from tests.inference.stored_planes import VIEW, store

PIXELS = np.random.default_rng(6).integers(0, 60_000, (2, 4, 3, 600, 70)).astype(np.uint16)
"""t, c, z, y, x"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    return tmp_path / "planes"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    store(tmp_path / "stack", PIXELS)
    return tmp_path / "stack"


def seen(path: Path, *, sha256: str = "a" * 64, **view: Any) -> np.ndarray:
    return np.asarray(load_pixels(ImageRef(str(path), sha256, 600, 70, PlaneView(**view))))


def test_a_plane_is_its_frame_slice_and_channel(stack: Path) -> None:
    np.testing.assert_array_equal(seen(stack, t=1, z=2, channels=(3,)), PIXELS[1, 3, 2])


def test_three_channels_are_colours_in_their_order(stack: Path) -> None:
    expected_hwc = np.moveaxis(PIXELS[0, [2, 0, 1], 1], 0, -1)
    np.testing.assert_array_equal(seen(stack, z=1, channels=(2, 0, 1)), expected_hwc)


@pytest.mark.parametrize("projection", ["max", "mean"])
def test_slices_are_projected(projection: Projection, stack: Path) -> None:
    column = PIXELS[0, 1]
    expected_hw = column.max(axis=0) if projection == "max" else np.rint(column.mean(axis=0)).astype(np.uint16)
    np.testing.assert_array_equal(seen(stack, channels=(1,), projection=projection), expected_hw)


def test_other_numbers_are_stretched_to_16_bits(tmp_path: Path) -> None:
    values = np.linspace(-1, 3, 600 * 70, dtype=np.float32).reshape(1, 1, 1, 600, 70)
    values[0, 0, 0, 0, 0] = np.nan
    store(tmp_path / "float", values)
    found = seen(tmp_path / "float", ranges=((0.0, 2.0),))
    assert found.dtype == np.uint16
    assert (found[0, 0], found[0, 1], found[-1, -1]) == (0, 0, 65_535)
    assert abs(int(found[300, 0]) - 32_768) < 60


def test_a_view_is_made_once_and_another_view_is_another_file(stack: Path, cache: Path) -> None:
    seen(stack)
    first = {path.name: path.stat().st_ino for path in cache.iterdir()}
    seen(stack)
    assert {path.name: path.stat().st_ino for path in cache.iterdir()} == first
    seen(stack, z=1)
    seen(stack, sha256="b" * 64)
    assert len(list(cache.iterdir())) == 3


def test_a_damaged_file_is_made_again(stack: Path, cache: Path) -> None:
    seen(stack)
    next(cache.iterdir()).write_bytes(b"no array")
    np.testing.assert_array_equal(seen(stack), PIXELS[0, 0, 0])


def test_the_oldest_go_when_there_are_too_many_bytes(stack: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = load_pixels(ImageRef(str(stack), "a" * 64, 600, 70))
    os.utime(next(cache.iterdir()), (1, 1))
    monkeypatch.setenv("CYTOMARK_PLANES_BYTES", "100000")
    seen(stack, z=1)
    assert len(list(cache.iterdir())) == 1
    np.testing.assert_array_equal(kept, PIXELS[0, 0, 0])


def test_a_view_is_part_of_an_embeddings_key() -> None:
    views = PlaneView(), PlaneView(z=1), PlaneView(channels=(1,))
    keys = [EmbeddingKey("a", "e", "w", "p", view=view) for view in views]
    assert len({key.digest for key in keys}) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": []},
        {"channels": [0, 1]},
        {"channels": ["0"]},
        {"channels": [True]},
        {"t": "0"},
        {"z": None},
        {"projection": "sum"},
        {"ranges": [[0, 1], [0, 1]]},
        {"ranges": [[0]]},
        {"ranges": [["a", "b"]]},
        {"ranges": 5},
    ],
)
def test_a_view_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    request = {"image": {"path": "x", "sha256": "a", "height": 1, "width": 1, "view": {**VIEW, **wrong}}}
    with pytest.raises(EngineError, match="not as agreed"):
        get_image(request)


def test_a_plane_is_read_in_bands(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "BAND_ROWS", 64)
    np.testing.assert_array_equal(seen(stack, t=1), PIXELS[1, 0, 0])
