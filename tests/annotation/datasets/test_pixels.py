"""Exports get the pixels that the server keeps, plane by plane and tile by tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from annotation.datasets.pixels import StoredPixels, axes_of
from annotation.datasets.planes import picture_of
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import PlanesSource
from annotation.imaging.source import About, Channel
from annotation.models import Image
from tests.annotation.datasets.scene import image as record

VALUES = np.random.default_rng(4).integers(0, 60_000, (2, 3, 2, 600, 530)).astype(np.uint16)
"""t, z, c, y, x"""


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Image:
    monkeypatch.setattr(settings, "IMAGES", tmp_path)
    sizes: dict[str, Any] = {"size_t": 2, "size_z": 3, "height": 600, "width": 530, "dtype": "uint16"}
    about = About(size_c=2, channels=(Channel("DNA", "#0000ff"), Channel("Actin", "#00ff00")), **sizes)
    channels = [{"name": "DNA", "colour": "#0000ff", "low": 0.0, "high": 60_000.0},
                {"name": "Actin", "colour": "#00ff00", "low": 0.0, "high": 60_000.0}]  # fmt: skip
    image = Image(channels=2, channel_info=channels, pixel_um_x=0.5, pixel_um_y=0.5, pixel_um_z=2.0, **sizes)
    image.folder.mkdir()
    write_pyramid(PlanesSource(about, lambda t, z: VALUES[t, z]), image.folder)
    return image


def test_every_plane_is_what_was_uploaded(image: Image) -> None:
    pixels = StoredPixels(image)
    for t, z in np.ndindex(2, 3):
        assert np.array_equal(pixels.plane_chw(t, z), VALUES[t, z])


def test_the_pyramids_files_are_listed_in_order(image: Image) -> None:
    names = [name for name, _ in StoredPixels(image).files()]
    assert names == sorted(names)
    assert {"zarr.json", "0/zarr.json", "0/c/1/1/2/1/1"} <= set(names)


def test_axes_and_pictures_are_those_of_the_image(image: Image) -> None:
    axes = axes_of(image)
    assert (axes.size_t, axes.size_z, axes.shown_z, axes.pixel_um) == (2, 3, 1, (2.0, 0.5, 0.5))
    one = record(1, [], height=600, width=530, axes=axes, pixels=StoredPixels(image))
    picture_hwc = picture_of(one, 1, 2)
    expected = np.rint(255 * VALUES[1, 2].astype(np.float32) / 60_000)
    assert np.abs(picture_hwc[..., 2] - expected[0]).max() <= 1
    assert np.abs(picture_hwc[..., 1] - expected[1]).max() <= 1
    assert not picture_hwc[..., 0].any()
