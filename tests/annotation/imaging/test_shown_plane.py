"""People and engines get the values of the file, plane by plane."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from django.test import Client

from annotation.actions.imports import do_import_file
from annotation.imaging.shown_plane import middle_plane
from annotation.jobs import image_contract
from annotation.models import Image, Project, User
from inference.planes import load_pixels
from inference.wire import get_image

pytestmark = pytest.mark.django_db(transaction=True)

RNG = np.random.default_rng(8)
STACK = RNG.integers(0, 60_000, (2, 3, 5, 530, 40)).astype(np.uint16)
"""t, c, z, y, x"""
IMAGES: dict[str, tuple[np.ndarray, dict[str, Any], np.ndarray | None]] = {
    "a z-stack over time in three channels": (STACK, {"ome": True, "metadata": {"axes": "TCZYX"}}, STACK[0, 0, 2]),
    "a colour image": (
        STACK[0, :, 0].astype(np.uint8),
        {"photometric": "rgb", "planarconfig": "separate"},
        np.moveaxis(STACK[0, :, 0].astype(np.uint8), 0, -1),
    ),
    "floating point": (RNG.normal(size=(60, 50)).astype(np.float32), {}, None),
    "signed numbers": (RNG.integers(-500, 500, (60, 50)).astype(np.int16), {}, None),
}


@pytest.fixture(params=IMAGES)
def given(
    request: pytest.FixtureRequest, project: Project, person: Callable[[str], User], tmp_path: Path
) -> tuple[Image, np.ndarray | None]:
    pixels, options, expected = IMAGES[request.param]
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, pixels, **options)
    return do_import_file(path, project=project, user=person("owner"), name="image.tif"), expected


def test_engines_get_the_values_of_the_plane(
    given: tuple[Image, np.ndarray | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, expected = given
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    pixels = load_pixels(get_image({"image": image_contract(image, *middle_plane(image), engine="starter")}))
    if expected is None:
        assert pixels.dtype == np.uint16
        assert pixels.min() == 0
        assert pixels.max() == 65_535
    else:
        np.testing.assert_array_equal(pixels, expected)


def test_each_plane_is_another_one_for_engines(
    project: Project, person: Callable[[str], User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TCZYX"})
    image = do_import_file(path, project=project, user=person("owner"), name="stack.tif")
    for t, z in [(0, 0), (1, 4)]:
        pixels = load_pixels(get_image({"image": image_contract(image, t, z, engine="starter")}))
        np.testing.assert_array_equal(pixels, STACK[t, 0, z])


def test_the_maximum_over_all_slices_comes_as_tiles(
    project: Project, person: Callable[[str], User], browser: Callable[[str], Client], tmp_path: Path
) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TCZYX"})
    image = do_import_file(path, project=project, user=person("owner"), name="stack.tif")
    client = browser("viewer")
    for coding, unpack in [("gzip", gzip.decompress), ("zstd", imagecodecs.zstd_decode), ("", bytes)]:
        answer = client.get(f"/api/images/{image.pk}/tiles/0/1/2/max/1/0", headers={"accept-encoding": coding})
        tile = np.frombuffer(unpack(answer.content), "<u2").reshape(512, 512)
        np.testing.assert_array_equal(tile[:18, :40], STACK[1, 2].max(axis=0)[512:])
    assert client.get(f"/api/images/{image.pk}/tiles/0/1/3/max/1/0").status_code == 404
    assert client.get(f"/api/images/{image.pk}/tiles/0/1/2/min/1/0").status_code == 422
    assert client.get(f"/api/images/{image.pk}/tiles/0/1/2/-1/1/0").status_code in (404, 422)


def test_the_page_is_told_of_all_axes(
    project: Project, person: Callable[[str], User], browser: Callable[[str], Client], tmp_path: Path
) -> None:
    path = tmp_path / "stack.ome.tif"
    metadata = {
        "axes": "TCZYX",
        "Channel": {"Name": ["DNA", "Actin", "Phase"]},
        "PhysicalSizeX": 0.25,
        "TimeIncrement": 9,
    }
    tifffile.imwrite(path, STACK, ome=True, metadata=metadata)
    image = do_import_file(path, project=project, user=person("owner"), name="stack.ome.tif")
    detail = browser("viewer").get(f"/api/images/{image.pk}").json()
    assert (detail["size_t"], detail["channels"], detail["size_z"]) == (2, 3, 5)
    assert [channel["name"] for channel in detail["channel_info"]] == ["DNA", "Actin", "Phase"]
    assert detail["pixel_um"] == {"x": 0.25, "y": None, "z": None}
    assert detail["time_step"] == 9
    assert detail["levels"] == [{"height": 530, "width": 40}, {"height": 265, "width": 20}]
    assert detail["opens_at"] == {"t": 0, "z": 2}
