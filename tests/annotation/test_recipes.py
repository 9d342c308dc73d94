"""What networks get of a project's images: chosen by managers, apart from what is displayed, and said of every mask."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.test import Client
from PIL import Image as Pillow

from annotation.actions.imports import do_import_file
from annotation.errors import AppError
from annotation.jobs import image_contract
from annotation.models import Image, Project, Recipe, User
from inference.contracts import PlaneView
from inference.embeddings import EmbeddingKey
from inference.planes import load_pixels
from inference.wire import get_image
from tests.annotation.imaging.conftest import browser, data_folder, person, project  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
STACK = np.random.default_rng(3).integers(100, 4000, (2, 3, 4, 40, 60)).astype(np.uint16)
"""t, c, z, y, x"""
MAXIMUM = {"channels": [2], "projection": "max"}


@pytest.fixture
def image(project: Project, person: Callable[[str], User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Image:  # noqa: F811
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TCZYX"})
    return do_import_file(path, project=project, user=person("owner"), name=path.name)


def put(client: Client, image: Image, engine: str = "starter", **recipe: object) -> int:
    path = f"/api/projects/{image.project_id}/recipes/{engine}"
    return client.put(path, recipe, content_type="application/json").status_code


def seen(image: Image, t: int, z: int, engine: str = "starter") -> tuple[np.ndarray, PlaneView]:
    ref = get_image({"image": image_contract(image, t, z, engine=engine)})
    return load_pixels(ref), ref.view


def test_an_engine_gets_what_its_recipe_says_and_others_what_they_got(
    image: Image, browser: Callable[[str], Client]  # noqa: F811
) -> None:  # fmt: skip
    client = browser("manager")
    assert put(client, image, **MAXIMUM) == 200
    pixels, view = seen(image, 1, 3)
    np.testing.assert_array_equal(pixels, STACK[1, 2].max(axis=0))
    assert seen(image, 1, 0)[1] == view
    assert view.text == "channel 3; max over z"
    np.testing.assert_array_equal(seen(image, 1, 3, "sam")[0], STACK[1, 0, 3])
    assert put(client, image, channels=[2, 0, 0], scaling="fixed", ranges=[[0, 4000], [100, 200], [5, 9]]) == 200
    pixels, view = seen(image, 0, 1)
    assert (pixels.shape, pixels.dtype) == ((40, 60, 3), np.uint16)
    np.testing.assert_array_equal(pixels[..., 0], np.rint(STACK[0, 2, 1] / 4000 * 65_535).astype(np.uint16))
    assert client.delete(f"/api/projects/{image.project_id}/recipes/starter").status_code == 204
    pixels, view = seen(image, 0, 1)
    np.testing.assert_array_equal(pixels, STACK[0, 0, 1])
    assert view.text == ""


def test_another_recipe_is_another_embedding(image: Image, browser: Callable[[str], Client]) -> None:  # noqa: F811
    keys = set()
    for recipe in (MAXIMUM, {"channels": [1]}, {"channels": [1], "scaling": "image"}):
        assert put(browser("manager"), image, **recipe) == 200
        keys.add(EmbeddingKey("0", "starter", "1", "p", view=seen(image, 0, 0)[1]).digest)
    assert len(keys) == 3


@pytest.mark.parametrize(
    "recipe",
    [
        {"channels": [0, 1]},
        {"channels": []},
        {"channels": [-1]},
        {"channels": [0], "projection": "min"},
        {"channels": [0], "scaling": "fixed"},
        {"channels": [0], "scaling": "fixed", "ranges": [[5, 5]]},
        {"channels": [0], "ranges": [[0, 5]]},
        {"channels": [0], "scaling": "fixed", "ranges": [["a", 5]]},
        {"channels": [0], "gamma": 2},
    ],
)
def test_what_no_network_can_be_given_is_refused(
    recipe: dict, image: Image, browser: Callable[[str], Client]  # noqa: F811
) -> None:  # fmt: skip
    assert put(browser("manager"), image, **recipe) == 422
    assert not Recipe.objects.exists()


def test_an_image_without_the_channel_says_what_to_do(image: Image, browser: Callable[[str], Client]) -> None:  # noqa: F811
    assert put(browser("manager"), image, channels=[7]) == 200
    with pytest.raises(AppError, match="gets channel 8 of this project's images, and this one has 3"):
        image_contract(image, 0, 0, engine="starter")
    answer = browser("owner").get(f"/api/images/{image.pk}/network-view/starter?t=0&z=0")
    assert (answer.status_code, answer.json()["code"]) == (409, "engine")


def test_the_preview_is_what_the_network_would_get(image: Image, browser: Callable[[str], Client]) -> None:  # noqa: F811
    client = browser("viewer")
    path = f"/api/images/{image.pk}/network-view/starter"
    kept, tried = (
        client.get(f"{path}?t=1&z=0"),
        client.post(f"{path}?t=1&z=0", MAXIMUM, content_type="application/json"),
    )
    pictures = [np.asarray(Pillow.open(io.BytesIO(one.content)).convert("L"), float) for one in (kept, tried)]
    for picture, wanted in zip(pictures, (STACK[1, 0, 0], STACK[1, 2].max(axis=0)), strict=True):
        assert picture.shape == (40, 60)
        # Networks take a noise of which most is bright for dark cells, and so they see it.
        assert abs(np.corrcoef(picture.ravel(), wanted.ravel())[0, 1]) > 0.9
    assert client.get(f"{path}?t=2&z=0").status_code == 422
