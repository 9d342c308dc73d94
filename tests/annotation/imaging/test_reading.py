"""What is read is what was written: values, axes, channels; and what is not read is told in words."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from annotation.imaging.decoder import read_plane
from annotation.imaging.plane import Plane, thumbnail, value_range
from annotation.imaging.refusals import RefusalError


def tiff_bytes(pixels: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def saved(image: Pillow.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[[bytes], Plane]:
    def run(content: bytes) -> Plane:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with path.open("rb") as file:
            return read_plane(file, limit_pixels=10_000)[1]

    return run


Read = Callable[[bytes], Plane]
GREY = {
    "TIFF": {},
    "big-endian TIFF": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "big-endian BigTIFF": {"bigtiff": True, "byteorder": ">"},
    "OME-TIFF": {"ome": True, "metadata": {"axes": "YX"}},
    "ImageJ TIFF": {"imagej": True},
    "LZW": {"compression": "lzw"},
    "Deflate with predictor": {"compression": "zlib", "predictor": True},
    "Zstandard": {"compression": "zstd"},
    "tiles": {"tile": (16, 32)},
    "strips": {"rowsperstrip": 7, "compression": "zlib"},
}


@pytest.mark.parametrize("name", GREY)
def test_16_bit_values_and_axes_of_tiff_are_kept_exactly(name: str, read_bytes: Read, ramp_hw: np.ndarray) -> None:
    plane = read_bytes(tiff_bytes(ramp_hw, **GREY[name]))
    assert plane.pixels.dtype == np.uint16
    np.testing.assert_array_equal(plane.pixels, ramp_hw)
    assert plane.pixels.dtype.isnative
    assert plane.notes == []


def test_16_bit_grey_png_is_kept_exactly(read_bytes: Read, ramp_hw: np.ndarray) -> None:
    np.testing.assert_array_equal(read_bytes(saved(Pillow.fromarray(ramp_hw), "PNG")).pixels, ramp_hw)


@pytest.mark.parametrize(("channels", "kept"), [(2, 1), (3, 3), (4, 3)])
def test_16_bit_png_with_more_channels_is_kept_exactly_without_alpha(
    channels: int, kept: int, read_bytes: Read, ramp_hw: np.ndarray
) -> None:
    image_hwc = np.stack([ramp_hw + number for number in range(channels)], axis=-1)
    pixels = read_bytes(imagecodecs.png_encode(image_hwc)).pixels
    np.testing.assert_array_equal(pixels, image_hwc[..., 0] if kept == 1 else image_hwc[..., :3])


@pytest.fixture
def rgb_hwc(ramp_hw: np.ndarray) -> np.ndarray:
    return np.stack([ramp_hw % 251, ramp_hw % 241, ramp_hw % 239], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb_tiff_is_rows_columns_colours(planar: str, read_bytes: Read, rgb_hwc: np.ndarray) -> None:
    stored = rgb_hwc if planar == "contig" else np.moveaxis(rgb_hwc, -1, 0)
    plane = read_bytes(tiff_bytes(stored, photometric="rgb", planarconfig=planar))
    np.testing.assert_array_equal(plane.pixels, rgb_hwc)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_rgb_png_loses_only_its_alpha(mode: str, read_bytes: Read, rgb_hwc: np.ndarray) -> None:
    content = saved(Pillow.fromarray(rgb_hwc).convert(mode), "PNG")
    np.testing.assert_array_equal(read_bytes(content).pixels, rgb_hwc)


def test_jpeg_is_read_grey_and_rgb(read_bytes: Read) -> None:
    grey_hw = np.tile(np.arange(64, dtype=np.uint8) * 3, (32, 1))
    assert (
        np.abs(read_bytes(saved(Pillow.fromarray(grey_hw), "JPEG", quality=95)).pixels - grey_hw.astype(int)).max() < 6
    )
    assert read_bytes(saved(Pillow.new("RGB", (20, 10), "#c02040"), "JPEG")).pixels.shape == (10, 20, 3)


def test_black_and_white_becomes_0_and_255(read_bytes: Read) -> None:
    mask_hw = np.zeros((12, 20), bool)
    mask_hw[2:5, 1:9] = True
    expected = mask_hw * np.uint8(255)
    np.testing.assert_array_equal(read_bytes(saved(Pillow.fromarray(mask_hw), "PNG")).pixels, expected)
    np.testing.assert_array_equal(read_bytes(tiff_bytes(mask_hw, photometric="minisblack")).pixels, expected)


def test_a_palette_becomes_grey_or_rgb(read_bytes: Read) -> None:
    numbers = Pillow.fromarray((np.arange(200, dtype=np.uint8) % 3).reshape(10, 20), "P")
    numbers.putpalette([0, 0, 0, 90, 90, 90, 200, 200, 200])
    assert set(np.unique(read_bytes(saved(numbers, "PNG")).pixels)) == {0, 90, 200}
    numbers.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    assert read_bytes(saved(numbers, "PNG")).pixels[0, 1].tolist() == [255, 0, 0]
    assert read_bytes(saved(numbers, "TIFF")).pixels[0, 2].tolist() == [0, 0, 255]


def test_white_is_zero_looks_as_in_any_viewer(read_bytes: Read) -> None:
    image_hw = np.arange(60, dtype=np.uint8).reshape(6, 10)
    np.testing.assert_array_equal(read_bytes(tiff_bytes(image_hw, photometric="miniswhite")).pixels, 255 - image_hw)


def test_of_several_planes_the_first_is_read_and_that_is_said(read_bytes: Read, ramp_hw: np.ndarray) -> None:
    plane = read_bytes(tiff_bytes(np.stack([ramp_hw, ramp_hw + 1, ramp_hw + 2])[:, None], photometric="minisblack"))
    np.testing.assert_array_equal(plane.pixels, ramp_hw)
    assert plane.notes == ["Only the first of its 3 planes was imported."]


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("channels", [2, 5])
def test_of_several_channels_the_first_is_read_and_that_is_said(
    planar: str, channels: int, read_bytes: Read, ramp_hw: np.ndarray
) -> None:
    axis = -1 if planar == "contig" else 0
    stored = np.stack([ramp_hw + number for number in range(channels)], axis=axis)
    plane = read_bytes(tiff_bytes(stored, photometric="minisblack", planarconfig=planar))
    np.testing.assert_array_equal(plane.pixels, ramp_hw)
    assert plane.notes == [f"Only the first of its {channels} channels was imported."]


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint32", "int8"])
def test_other_numbers_are_refused_with_what_is_read(dtype: str, read_bytes: Read) -> None:
    with pytest.raises(RefusalError, match=rf"stores {dtype} values.*8 or 16 bits"):
        read_bytes(tiff_bytes(np.zeros((8, 8), dtype)))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "tifffile", "deep PNG"])
def test_a_file_that_is_cut_off_says_so(kind: str, share: float, read_bytes: Read) -> None:
    noise_hwc = np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8)
    if kind == "tifffile":
        content = tiff_bytes(noise_hwc, photometric="rgb", compression="zlib")
    elif kind == "deep PNG":
        content = imagecodecs.png_encode(noise_hwc.astype(np.uint16) * 257)
    else:
        content = saved(Pillow.fromarray(noise_hwc), kind)
    with pytest.raises(RefusalError, match=r"is cut off after .* (kB|bytes). Upload it again"):
        read_bytes(content[: int(len(content) * share)])


def test_an_empty_file_says_so(read_bytes: Read) -> None:
    with pytest.raises(RefusalError, match="is empty"):
        read_bytes(b"")


@pytest.mark.parametrize("seed", range(60))
def test_a_file_with_wrong_bytes_is_read_or_refused_but_never_breaks(
    seed: int, read_bytes: Read, ramp_hw: np.ndarray
) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(
        [tiff_bytes(ramp_hw, compression="zlib"), tiff_bytes(ramp_hw), saved(Pillow.fromarray(ramp_hw), "PNG")][
            seed % 3
        ]
    )
    for place in rng.integers(4, min(len(content), 400), 6):
        content[place] = int(rng.integers(256))
    with contextlib.suppress(RefusalError):
        assert read_bytes(bytes(content)).pixels.dtype in (np.uint8, np.uint16)


def test_the_range_is_that_of_percentiles() -> None:
    pixels = np.random.default_rng(1).integers(100, 5000, (300, 300)).astype(np.uint16)
    low, high = value_range(pixels)
    assert low == pytest.approx(np.percentile(pixels, 0.1), abs=2)
    assert high == pytest.approx(np.percentile(pixels, 99.9), abs=2)


def test_a_thumbnail_keeps_proportions_and_stretches_contrast(ramp_hw: np.ndarray) -> None:
    large = np.kron(ramp_hw, np.ones((20, 20), np.uint16))
    small = thumbnail(large, *value_range(large))
    assert small.size == (256, 171)
    assert small.getextrema()[0] < 10
    assert small.getextrema()[1] > 245
