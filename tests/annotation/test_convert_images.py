"""Images of earlier versions keep their pixels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings
from django.core.management import call_command

from annotation.imaging.layout import store_of
from annotation.models import Image, Project
from tests.annotation.imaging.conftest import first_plane
from tests.factories import make_image

pytestmark = pytest.mark.django_db

RGB = np.random.default_rng(1).integers(0, 255, (30, 40, 3)).astype(np.uint8)


@pytest.fixture
def old(settings: LazySettings, tmp_path: Path) -> Image:
    settings.IMAGES = tmp_path / "images"
    image = make_image(Project.objects.create(name="old"), height=30, width=40)
    image.folder.mkdir(parents=True)
    np.save(image.folder / "plane.npy", RGB)
    (image.folder / "plane.zst").write_bytes(b"packed")
    return image


def convert() -> str:
    out = io.StringIO()
    call_command("convert_images", stdout=out)
    return out.getvalue()


def test_an_old_image_gets_its_pyramid_and_loses_its_old_files(old: Image) -> None:
    before = old.pixels_sha256
    assert convert() == "1 images of an earlier version were converted.\n"
    np.testing.assert_array_equal(first_plane(old.folder), RGB)
    assert [path.name for path in old.folder.iterdir()] == ["pixels.ome.zarr"]
    old.refresh_from_db()
    assert old.pixels_sha256 != before
    assert convert() == ""


def test_what_was_interrupted_goes_on(old: Image) -> None:
    convert()
    np.save(old.folder / "plane.npy", RGB)
    assert convert() == ""
    assert store_of(old.folder).is_dir()
    assert not (old.folder / "plane.npy").exists()
