"""What lies on disk is an OME-Zarr that others read, every value as it came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray
from ome_zarr_models.v05 import Image as OmeZarrImage

from annotation.imaging.layout import levels_of, store_of
from annotation.imaging.measure import content_size
from annotation.imaging.pyramid import Written, colours_of, halved, write_pyramid
from annotation.imaging.ranges import ChannelRange
from annotation.imaging.source import DTYPES, About, Channel
from annotation.imaging.thumbnail import thumbnail


class Given:
    """A Source of an array (t, c, z, y, x)."""

    def __init__(self, pixels_tczyx: NDArray[Any], **more: Any) -> None:
        t, c, z, y, x = pixels_tczyx.shape
        channels = tuple(Channel(f"channel {number}") for number in range(c))
        self.about = About(t, c, z, y, x, pixels_tczyx.dtype.name, channels, **more)
        self._pixels = pixels_tczyx

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        return self._pixels[t, :, z, start:stop]


def values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return (np.random.default_rng(5).random(shape) * 250 - (0 if dtype.startswith("u") else 120)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_value_is_kept_in_every_kind_of_number(dtype: str, tmp_path: Path) -> None:
    pixels_tczyx = values((2, 2, 3, 70, 90), dtype)
    write_pyramid(Given(pixels_tczyx), tmp_path)
    stored = zarr.open_array(store_of(tmp_path) / "0", mode="r")
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored[:], pixels_tczyx)


def test_levels_are_halved_until_one_chunk_holds_them(tmp_path: Path) -> None:
    pixels_tczyx = values((1, 1, 1, 1301, 1100), "uint16")
    write_pyramid(Given(pixels_tczyx), tmp_path)
    group = zarr.open_group(store_of(tmp_path), mode="r")
    sizes = [(level.height, level.width) for level in levels_of(1301, 1100)]
    assert sizes == [(1301, 1100), (651, 550), (326, 275)]
    expected = pixels_tczyx[0, 0, 0].astype(np.float64)
    for number, size in enumerate(sizes):
        found = group[str(number)][0, 0, 0]
        assert found.shape == size
        assert np.abs(found - expected).max() <= 0.5 * number
        expected = halved(expected.astype(np.float32)[None])[0]


def test_others_read_it_with_names_colours_and_sizes(tmp_path: Path) -> None:
    source = Given(values((2, 3, 4, 600, 40), "uint16"), pixel_um=(2.0, 0.5, 0.25), time_step=30.0)
    write_pyramid(source, tmp_path)
    image = OmeZarrImage.from_zarr(zarr.open_group(store_of(tmp_path), mode="r"))
    scales = image.attributes.ome.multiscales[0]
    assert (scales.axes[0].name, scales.axes[0].unit) == ("t", "second")
    assert scales.datasets[1].coordinateTransformations[0].scale == [30.0, 1.0, 2.0, 1.0, 0.5]
    shown = zarr.open_group(store_of(tmp_path), mode="r").attrs["ome"]["omero"]["channels"]
    assert [each["label"] for each in shown] == ["channel 0", "channel 1", "channel 2"]


def test_a_constant_plane_of_three_bands_ends_in_full_chunks(tmp_path: Path) -> None:
    write_pyramid(Given(np.full((1, 1, 1, 1030, 20), 7, np.uint8)), tmp_path)
    chunks = sorted((store_of(tmp_path) / "0" / "c").rglob("*/*/*/*/*"))
    assert len(chunks) == 3
    assert {content_size(chunk.read_bytes()) for chunk in chunks} == {512 * 512}


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "float32", "int32"])
def test_the_range_is_that_of_percentiles(dtype: str) -> None:
    pixels_hw = values((300, 300), dtype)
    seen = ChannelRange(dtype, pixels_hw.size)
    for start in range(0, 300, 128):
        seen.look(pixels_hw[start : start + 128])
    assert seen.limits() == pytest.approx(tuple(np.percentile(pixels_hw, (0.1, 99.9))), abs=1.5)


def test_what_is_no_number_does_not_count() -> None:
    seen = ChannelRange("float32", 4)
    seen.look(np.array([[np.nan, 1, np.inf, 2]], np.float32))
    assert seen.limits() == (1, 2)
    nothing = ChannelRange("float32", 1)
    nothing.look(np.array([[np.nan]], np.float32))
    assert nothing.limits() == (0, 0)


def written(pixels_chw: np.ndarray, *, rgb: bool = False) -> tuple[About, Written]:
    about = Given(pixels_chw[None, :, None], rgb=rgb).about
    limits = [(float(each.min()), float(each.max())) for each in pixels_chw]
    return about, Written(colours_of(about), limits, pixels_chw)


def test_a_thumbnail_keeps_proportions_and_stretches_contrast() -> None:
    ramp_chw = np.tile(np.arange(600, dtype=np.uint16) * 50 + 1000, (1, 400, 1))
    small = thumbnail(*written(ramp_chw))
    assert small.size == (256, 171)
    assert small.convert("L").getextrema() == (0, 255)


def test_a_thumbnail_shows_channels_in_their_colours_and_colour_images_as_they_are() -> None:
    blended = thumbnail(*written(np.stack([np.eye(8, dtype=np.uint8), 1 - np.eye(8, dtype=np.uint8)])))
    assert blended.getpixel((0, 0)) == (86, 180, 233)
    assert blended.getpixel((1, 0)) == (230, 159, 0)
    rgb_chw = np.stack([np.full((8, 8), value, np.uint8) for value in (10, 20, 30)])
    assert thumbnail(*written(rgb_chw, rgb=True)).getpixel((3, 3)) == (10, 20, 30)
