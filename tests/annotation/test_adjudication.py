"""Reviewers decide between independent annotations; what they take is an ordinary operation that says from whom."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from annotation.actions.operations import do_push
from annotation.actions.twins import make_twin
from annotation.models import Annotation, Image, Operation
from tests.annotation.world import World, make_image, make_world
from tests.factories import Tab, create, square

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def world() -> World:
    """Two people's annotations: one cell alike, one shifted, one that A alone has."""
    made = make_world()
    Image.objects.filter(pk=made.image.pk).update(status="in_review")
    drawn = {"annotator": [(0, 0), (12, 0), (0, 30)], "owner": [(0, 0), (14, 0)]}
    for name, places in drawn.items():
        twin = make_twin(made.image, assignee=made.users[name], status="in_progress")
        cells = [create(square(top, left, 8), class_id=made.ids["class_id"]) for top, left in places]
        do_push(made.users[name], twin.pk, Tab().push(*cells))
        Image.objects.filter(pk=twin.pk).update(status="submitted")
        made.ids |= {name: str(twin.pk), f"{name}_cells": [str(cell.id) for cell in cells]}
    return made


def pair(world: World) -> dict[str, str]:
    return {"a": world.ids["annotator"], "b": world.ids["owner"]}


def take(world: World, *choices: dict[str, Any], by: str = "reviewer", status: int = 201, **more: Any) -> Any:
    path = f"/api/images/{world.image.pk}/adjudications"
    answer = world.client(by).post(path, {**pair(world), "choices": choices, **more}, content_type=JSON)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_differences_come_worst_first_and_say_what_agrees(world: World) -> None:
    client = world.client("reviewer")
    copies = client.get(f"/api/images/{world.image.pk}/annotations").json()
    assert [(copy["name"], copy["take"]) for copy in copies] == [("annotator", 1), ("owner", 1)]
    found = client.get(f"/api/images/{world.image.pk}/differences", pair(world)).json()
    assert [(one["a"] is None, one["b"] is None, one["agrees"]) for one in found] == [
        (False, True, False),
        (False, False, False),
        (False, False, True),
    ]
    assert [one["iou"] for one in found] == [0, pytest.approx(48 / 80), 1]


@pytest.mark.parametrize(("how", "area"), [("a", 64), ("b", 64), ("union", 80), ("intersection", 48)])
def test_one_word_takes_a_b_both_or_what_both_have(world: World, how: str, area: int) -> None:
    a, b = world.ids["annotator_cells"][1], world.ids["owner_cells"][1]
    done = take(world, {"a": a, "b": b, "take": how})
    [cell] = Annotation.objects.filter(image=world.image, deleted=False)
    assert (cell.area, cell.label_class_id) == (area, world.ids["class_id"])
    said = cell.provenance["adjudicated"]
    expected = {"a": ([a], ["annotator"]), "b": ([b], ["owner"])}.get(how, ([a, b], ["annotator", "owner"]))
    assert (said["take"], said["cells"], said["people"]) == (how, *expected)
    operation = Operation.objects.get(pk=done["operation"])
    assert (operation.actor, operation.kind) == (world.users["reviewer"], "edit")
    undone = world.client("reviewer").post(
        f"/api/images/{world.image.pk}/operations", {"undo": done["operation"]}, content_type=JSON
    )
    assert undone.status_code == 201
    assert not Annotation.objects.filter(image=world.image, deleted=False).exists()


def test_deciding_otherwise_changes_the_same_cell_and_many_are_one_step(world: World) -> None:
    a, b = world.ids["annotator_cells"], world.ids["owner_cells"]
    take(world, {"a": a[1], "b": b[1], "take": "union"})
    take(world, {"a": a[1], "b": b[1], "take": "a"}, {"a": a[0], "b": b[0], "take": "a"}, {"a": a[2], "take": "a"})
    cells = Annotation.objects.filter(image=world.image, deleted=False)
    assert sorted(cell.area for cell in cells) == [64, 64, 64]
    assert Operation.objects.filter(image=world.image).count() == 2


def test_what_is_not_there_cannot_be_taken(world: World) -> None:
    a, b = world.ids["annotator_cells"], world.ids["owner_cells"]
    take(world, {"a": a[2], "take": "b"}, status=422)
    take(world, {"a": a[2], "b": b[0], "take": "intersection"}, status=422)
    take(world, {"a": str(uuid4()), "take": "a"}, status=409)
    take(world, {"a": b[1], "take": "a"}, status=409)
    take(world, {"take": "union"}, status=409)
    take(world, {"a": a[0], "take": "mine"}, status=422)
    take(world, status=422)
    Annotation.objects.filter(pk=a[0]).update(deleted=True)
    take(world, {"a": a[0], "b": b[0], "take": "union"}, status=409)
    assert not Annotation.objects.filter(image=world.image).exists()


def test_only_finished_annotations_of_this_image_that_one_may_see_are_compared(world: World) -> None:
    path = f"/api/images/{world.image.pk}/differences"
    other = make_twin(make_image(world.project, "other"), status="submitted")
    for b in (str(other.pk), str(world.image.pk), str(uuid4())):
        assert world.client("manager").get(path, {**pair(world), "b": b}).status_code == 404
    # The owner has one of them, and sees the other's when it is accepted.
    assert world.client("owner").get(path, pair(world)).status_code == 404
    Image.objects.filter(pk=world.ids["owner"]).update(status="accepted")
    assert world.client("owner").get(path, pair(world)).status_code == 200
    Image.objects.filter(pk=world.ids["owner"]).update(status="returned")
    assert world.client("reviewer").get(path, pair(world)).status_code == 404
    assert world.client("reviewer").get(path, {"a": "x", "b": "y"}).status_code == 422
