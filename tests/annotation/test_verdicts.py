"""What reviewers say of cells: of the version that they saw, and their own fixes are marked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from annotation.actions.operations import do_push
from annotation.models import Annotation, Image
from tests.annotation.world import World, make_world
from tests.factories import Tab, create, delete, reshape, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Two cells of the annotator's, handed in."""
    made = make_world()
    cells = [create(square(1, 1, 5)), create(square(1, 10, 5))]
    do_push(made.users["annotator"], made.image.pk, Tab().push(*cells))
    Image.objects.filter(pk=made.image.pk).update(status="in_review", reviewer=made.users["reviewer"])
    made.ids["cells"] = [cell.id for cell in cells]
    return made


def judge(world: World, judgement: str, *cells: uuid.UUID, version: int = 1, **more: Any) -> Any:
    body = {"judgement": judgement, "cells": [{"id": str(cell), "version": version} for cell in cells], **more}
    path = f"/api/images/{world.image.pk}/verdicts"
    return world.client("reviewer").post(path, data=body, content_type="application/json")


def verdicts(world: World) -> dict[str, tuple[int, str]]:
    found = world.client("annotator").get(f"/api/images/{world.image.pk}/verdicts").json()
    return {one["cell"]: (one["version"], one["judgement"]) for one in found}


def test_cells_are_accepted_and_rejected_with_a_reason_and_the_last_word_counts(world: World) -> None:
    one, two = world.ids["cells"]
    judge(world, "rejected", one, reason=" Two cells. ")
    answer = judge(world, "accepted", one, two).json()
    assert {item["cell"]: item["judgement"] for item in answer} == {str(one): "accepted", str(two): "accepted"}
    [rejected] = [item for item in judge(world, "rejected", two, reason=" Dirt. ").json() if item["cell"] == str(two)]
    assert (rejected["reason"], rejected["actor"]["name"]) == ("Dirt.", "reviewer")


def test_what_changed_meanwhile_is_not_judged_and_nothing_of_the_rest(world: World) -> None:
    one, two = world.ids["cells"]
    do_push(world.users["reviewer"], world.image.pk, Tab().push(delete(one)))
    for stale in (judge(world, "accepted", two, one), judge(world, "accepted", two, version=2)):
        assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert judge(world, "accepted", uuid.uuid4()).status_code == 409
    assert verdicts(world) == {}


def test_a_reviewers_fix_is_marked_as_such_and_an_annotators_change_waits_for_another_look(world: World) -> None:
    one, two = world.ids["cells"]
    judge(world, "accepted", one, two)
    do_push(world.users["reviewer"], world.image.pk, Tab().push(reshape(one, square(1, 1, 6))))
    assert verdicts(world)[str(one)] == (2, "fixed")
    Image.objects.filter(pk=world.image.pk).update(status="returned")
    do_push(world.users["annotator"], world.image.pk, Tab().push(reshape(two, square(1, 10, 6))))
    assert verdicts(world)[str(two)] == (1, "accepted")
    assert Annotation.objects.get(pk=two).version == 2, "so that its verdict is out of date"


def test_only_what_is_handed_in_is_judged(world: World) -> None:
    Image.objects.filter(pk=world.image.pk).update(status="accepted")
    assert judge(world, "rejected", *world.ids["cells"]).status_code == 409
