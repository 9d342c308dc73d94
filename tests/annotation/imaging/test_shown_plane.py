"""The plane that people see is the one that engines get, value for value."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("accepted", ["", "gzip"])
def test_what_is_shown_is_what_engines_get(
    accepted: str,
    given: tuple[Image, np.ndarray | None],
    browser: Callable[[str], Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, expected = given
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    client = browser("viewer")
    about = client.get(f"/api/images/{image.pk}").json()["plane"]
    answer = client.get(f"/api/images/{image.pk}/plane", headers={"accept-encoding": accepted})
    raw = b"".join(answer)  # type: ignore[arg-type]
    shape = (image.height, image.width, *((3,) if about["channels"] == 3 else ()))
    values = gzip.decompress(raw) if accepted else raw
    shown = np.frombuffer(values, np.dtype(about["dtype"]).newbyteorder("<")).reshape(shape)
    np.testing.assert_array_equal(shown, load_pixels(get_image({"image": image_contract(image, *middle_plane(image))})))
    if expected is not None:
        np.testing.assert_array_equal(shown, expected)
    assert about["low"] < about["high"]


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
    assert detail["plane"]["z"] == 2
