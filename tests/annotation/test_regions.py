"""“Complete here” regions: what is stored, what is refused, and that everybody in the image is told."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.http import HttpResponse

from annotation import events
from annotation.actions.regions import MAX_REGIONS
from annotation.models import Image, Region
from tests.annotation.world import World, make_world

pytestmark = pytest.mark.django_db

BOX = {"top": 1, "left": 2, "bottom": 30, "right": 40}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What was sent to whom."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(events, "_to_group", lambda group, event: sent.append((group, event)))
    return sent


def ask(world: World, method: str, path: str, body: dict[str, Any] | None = None) -> HttpResponse:
    text = json.dumps(body) if body else ""
    return world.client("annotator").generic(method, path, text, content_type="application/json")


def create(world: World, **change: Any) -> HttpResponse:
    return ask(world, "POST", f"/api/images/{world.image.pk}/regions", {"name": "Left half", "box": BOX, **change})


def test_a_region_is_made_changed_listed_and_deleted(world: World) -> None:
    Region.objects.all().delete()
    made = create(world).json()
    assert made == {"id": made["id"], "name": "Left half", "t": 0, "z": 0, **BOX, "author": "annotator"}
    path = f"/api/regions/{made['id']}"
    assert ask(world, "PATCH", path, {"name": " Right "}).json()["name"] == "Right"
    moved = ask(world, "PATCH", path, {"box": {**BOX, "top": 7}}).json()
    assert ask(world, "GET", f"/api/images/{world.image.pk}/regions").json() == [moved]
    assert (moved["top"], moved["name"]) == (7, "Right")
    assert ask(world, "DELETE", path).status_code == 204
    assert ask(world, "DELETE", path).status_code == 404


def test_a_region_lies_on_a_plane_that_the_image_has(world: World) -> None:
    assert create(world, t=1).status_code == create(world, z=1).status_code == 422


def test_everybody_in_the_image_is_told_of_each_change(
    world: World, told: list, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        path = f"/api/regions/{create(world).json()['id']}"
        ask(world, "PATCH", path, {"name": "Right"})
        ask(world, "DELETE", path)
    event = {"type": "on.hint", "text": '{"type":"regions"}'}
    assert told == [(events.image_group(world.image.pk), event)] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"box": {**BOX, "bottom": 1}},
        {"box": {**BOX, "right": 2}},
        {"box": {**BOX, "bottom": 10_000}},
        {"box": {**BOX, "left": -1}},
        {"box": {**BOX, "top": 1.5}},
        {"box": {**BOX, "right": 10**30}},
        {"name": ""},
        {"name": "  "},
        {"name": "a\u0000b"},
        {"name": "x" * 61},
    ],
)
def test_what_is_no_region_is_refused_with_a_sentence(world: World, change: dict[str, Any]) -> None:
    answer = create(world, **change)
    assert answer.status_code == 422
    assert answer.json()["message"]
    region = Region.objects.get()
    assert ask(world, "PATCH", f"/api/regions/{region.pk}", change).status_code == 422
    assert Region.objects.get().name == "Corner"


def test_there_is_a_limit_for_one_image(world: World) -> None:
    Region.objects.bulk_create(
        Region(image=world.image, name="x", top=0, left=0, bottom=1, right=1) for _ in range(MAX_REGIONS - 1)
    )
    assert create(world).status_code == 409


def test_a_region_of_a_deleted_image_is_out_of_reach(world: World) -> None:
    world.client("owner").delete(f"/api/images/{world.image.pk}")
    assert ask(world, "PATCH", f"/api/regions/{world.ids['region_id']}", {"name": "x"}).status_code == 404
    assert ask(world, "PATCH", f"/api/regions/{uuid.uuid4()}", {"name": "x"}).status_code == 404


def test_regions_of_an_accepted_image_stay_as_they_are(world: World) -> None:
    Image.objects.filter(pk=world.image.pk).update(status="accepted")
    path = f"/api/regions/{world.ids['region_id']}"
    answers = [create(world), ask(world, "PATCH", path, {"name": "Right"}), ask(world, "DELETE", path)]
    assert [answer.status_code for answer in answers] == [409] * 3
    assert "accepted" in answers[0].json()["message"]
    assert Region.objects.get().name == "Corner"
