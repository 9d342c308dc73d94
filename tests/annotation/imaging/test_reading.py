"""What is read is what was written: values, axes, channels; and what is not read is told in words."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from annotation.imaging.readers.registry import open_source
from annotation.imaging.refusals import RefusalError
from annotation.imaging.source import DTYPES, About


def tiff_bytes(pixels: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def saved(image: Pillow.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


@dataclass(frozen=True)
class Plane:
    """The first plane, (row, column) or (row, column, channel), and what is said of the file."""

    pixels: np.ndarray
    about: About


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[[bytes], Plane]:
    def run(content: bytes) -> Plane:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with path.open("rb") as file:
            source = open_source(file, file_bytes=len(content), limit_pixels=10_000, limit_values=100_000)[1]
            height = source.about.height
            bands = [source.read_rows(t=0, z=0, start=at, stop=min(at + 16, height)) for at in range(0, height, 16)]
        pixels_hwc = np.moveaxis(np.concatenate(bands, axis=1), 0, -1)
        return Plane(pixels_hwc[..., 0] if pixels_hwc.shape[2] == 1 else pixels_hwc, source.about)

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
    assert plane.about.notes == ()


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


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("channels", [2, 5])
def test_all_samples_of_a_pixel_are_channels(planar: str, channels: int, read_bytes: Read, ramp_hw: np.ndarray) -> None:
    stored_hwc = np.stack([ramp_hw + number for number in range(channels)], axis=-1)
    stored = stored_hwc if planar == "contig" else np.moveaxis(stored_hwc, -1, 0)
    plane = read_bytes(tiff_bytes(stored, photometric="minisblack", planarconfig=planar))
    np.testing.assert_array_equal(plane.pixels, stored_hwc)
    assert (plane.about.size_c, plane.about.rgb) == (channels, False)


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint32", "int32", "int8"])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "tile": (16, 16)}], ids=["plain", "packed"])
def test_other_numbers_are_kept_exactly(dtype: str, how: dict[str, Any], read_bytes: Read) -> None:
    values_hw = (np.random.default_rng(2).random((20, 24)) * 200 - 90).astype(dtype)
    plane = read_bytes(tiff_bytes(values_hw, **how))
    assert plane.about.dtype == dtype
    np.testing.assert_array_equal(plane.pixels, values_hw)


@pytest.mark.parametrize("dtype", ["complex64", "uint64", "int64"])
def test_numbers_that_no_microscope_writes_are_refused_with_what_is_read(dtype: str, read_bytes: Read) -> None:
    with pytest.raises(RefusalError, match=rf"stores {dtype} values.*8, 16 or 32 bits"):
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
        assert read_bytes(bytes(content)).about.dtype in DTYPES
