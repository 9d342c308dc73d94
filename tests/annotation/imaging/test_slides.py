"""SVS and NDPI: the slide itself in its own colours; what is not one is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from annotation.imaging.kinds import Kind
from annotation.imaging.readers.slides import SlideSource
from tests.annotation.imaging.opening import everything, opened_file, refusal_of
from tests.annotation.imaging.slide_maker import ndpi, svs


@pytest.fixture
def slide_hwc() -> np.ndarray:
    """Smooth, so that JPEG changes little, and unlike its mirror images."""
    rows, columns = np.mgrid[:150, :5000]
    return np.stack([columns // 20, rows, (rows + columns) // 30], axis=-1).astype(np.uint8)


def pixels_of(path: Path) -> np.ndarray:
    kind, source = opened_file(path)
    assert kind is Kind.TIFF
    assert isinstance(source, SlideSource)
    assert source.about.rgb
    return everything(source, rows=64)[0, :, 0].transpose(1, 2, 0)


def test_an_uncompressed_aperio_slide_is_what_it_was(slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    path.write_bytes(svs(slide_hwc))
    assert np.array_equal(pixels_of(path), slide_hwc)
    assert opened_file(path)[1].about.pixel_um == (None, 0.499, 0.499)


def test_an_aperio_slide_of_jpeg_tiles_keeps_its_colours(slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    path.write_bytes(svs(slide_hwc, compression="jpeg", compressionargs={"level": 95}))
    assert np.abs(pixels_of(path).astype(int) - slide_hwc).mean() < 1


def test_a_hamamatsu_slide_keeps_its_colours_and_sizes(slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide.ndpi"
    path.write_bytes(ndpi(slide_hwc))
    assert np.abs(pixels_of(path).astype(int) - slide_hwc).mean() < 1
    assert opened_file(path)[1].about.pixel_um == pytest.approx((None, 0.5, 0.25))


@pytest.mark.parametrize("share", [0.001, 0.2, 0.6, 0.9])
@pytest.mark.parametrize("make", [svs, ndpi])
def test_a_slide_that_is_cut_off_is_refused(make: object, share: float, slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide"
    assert callable(make)
    content: bytes = make(slide_hwc)
    path.write_bytes(content[: max(8, int(len(content) * share))])
    assert refusal_of(path)


def test_a_slide_of_absurd_size_is_refused(slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide.ndpi"
    path.write_bytes(ndpi(slide_hwc, width=90_000, height=90_000))
    assert refusal_of(path)
    content = bytearray(svs(slide_hwc))
    for tag in (256, 257):
        at = content.find(struct.pack("<HHI", tag, 4, 1))
        struct.pack_into("<I", content, at + 8, 60_000)
    path.write_bytes(content)
    assert "60,000 × 60,000 pixels" in refusal_of(path)


def test_directories_in_a_circle_are_refused(slide_hwc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    content = bytearray(svs(slide_hwc))
    first = struct.unpack_from("<I", content, 4)[0]
    after = first + 2 + 12 * struct.unpack_from("<H", content, first)[0]
    struct.pack_into("<I", content, after, first)
    path.write_bytes(content)
    assert refusal_of(path)


def test_the_name_of_a_scanner_alone_is_no_slide(tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    entry = struct.pack("<HHII", 270, 2, 20, 30)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(8) + b"Aperio Image Library" + bytes(100))
    assert refusal_of(path)
