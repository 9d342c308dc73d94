"""How images are shown is kept per kind of image, for one person and for everybody."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from annotation.models import Image, Looks
from tests.annotation.matrix import LOOKS
from tests.factories import make_image, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    return make_image(make_project(make_user("ann"), annotator=make_user("bo")))


def as_person(name: str) -> Client:
    client = Client()
    client.force_login(Looks.user.field.related_model.objects.get(username=name))
    return client


def put(name: str, path: str, body: Any) -> Any:
    return as_person(name).put(path, body, content_type="application/json")


def kept(name: str, image: Image) -> Any:
    return as_person(name).get(f"/api/images/{image.pk}").json()["looks"]


def test_each_person_has_looks_of_their_own_and_everybody_the_project_s(image: Image) -> None:
    mine, ours = deepcopy(LOOKS), {**deepcopy(LOOKS), "inverted": True}
    assert put("bo", f"/api/images/{image.pk}/looks", mine).status_code == 204
    assert put("ann", f"/api/images/{image.pk}/project-looks", ours).status_code == 204
    assert kept("bo", image) == {"mine": mine, "project": ours}
    assert kept("ann", image) == {"mine": None, "project": ours}
    other = make_image(image.project)
    assert kept("bo", other)["mine"] == mine
    deeper = make_image(image.project)
    Image.objects.filter(pk=deeper.pk).update(dtype="uint16")
    assert kept("bo", deeper) == {"mine": None, "project": None}
    assert as_person("bo").delete(f"/api/images/{other.pk}/looks").status_code == 204
    assert as_person("ann").delete(f"/api/images/{other.pk}/project-looks").status_code == 204
    assert kept("bo", image) == {"mine": None, "project": None}


def test_keeping_again_replaces(image: Image) -> None:
    for inverted in (True, False):
        for path in ("looks", "project-looks"):
            put("ann", f"/api/images/{image.pk}/{path}", {**LOOKS, "inverted": inverted})
    assert Looks.objects.count() == 2
    assert kept("ann", image)["mine"]["inverted"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"min": 9},
        {"min": "nan"},
        {"max": 1e300},
        {"gamma": 0},
        {"colour": "url(javascript:1)"},
        {"colour": None},
        {"more": 1},
    ],
)
def test_wrong_looks_are_refused(image: Image, wrong: dict[str, Any]) -> None:
    looks = deepcopy(LOOKS)
    looks["channels"][0].update(wrong)
    assert put("ann", f"/api/images/{image.pk}/looks", looks).status_code == 422
    assert not Looks.objects.exists()


def test_looks_of_another_number_of_channels_are_refused(image: Image) -> None:
    looks = {**LOOKS, "channels": LOOKS["channels"] * 2}
    answer = put("ann", f"/api/images/{image.pk}/looks", looks)
    assert (answer.status_code, answer.json()["message"]) == (422, "The image has 1 channels, not 2.")
