"""The timeline says what happened; any point of it can be seen and brought back, as a step that can be undone."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client as HttpClient

from annotation import history
from annotation.actions.operations import do_push
from annotation.actions.restore import do_restore
from annotation.actions.undo import get_redoable, get_undoable
from annotation.errors import ErrorCode, RefusedError
from annotation.history import get_cells_at, get_timeline
from annotation.models import Image, Operation, Role
from annotation.protocol import CellState
from annotation.queries import cell_states
from annotation.views import history as history_views
from tests.factories import Tab, create, delete, lock, make_image, make_project, make_user, relabel, reshape, square

pytestmark = pytest.mark.django_db


class Past:
    """Ann and Bo, who made a history: clock 1 a cell, 2 another, 3 reshapes, 4 recolours, 5 deletes the first."""

    def __init__(self) -> None:
        self.ann, self.bo = make_user("ann"), make_user("bo")
        self.project = make_project(self.ann, annotator=self.bo)
        self.image = make_image(self.project)
        self.tabs = {self.ann.pk: Tab(), self.bo.pk: Tab()}
        self.first, self.second = uuid.uuid4(), uuid.uuid4()
        self.states: list[list[CellState]] = [[]]
        self.push(self.ann, create(square(5, 5), cell_id=self.first))
        self.push(self.bo, create(square(30, 30), cell_id=self.second))
        self.push(self.ann, reshape(self.first, square(5, 5, 12)))
        self.push(self.bo, relabel(self.second, self.project.label_classes.get().pk))
        self.push(self.bo, delete(self.first, base=2))

    def push(self, user, *changes, undo: uuid.UUID | None = None):
        ack = do_push(user, self.image.pk, self.tabs[user.pk].push(*changes, undo=undo))
        assert ack.outcome == "commit", ack.message
        self.states.append(self.now())
        return ack

    def now(self) -> list[CellState]:
        return cell_states(self.image.pk)

    def restore(self, clock: int, *cells: uuid.UUID) -> int:
        return do_restore(
            Image.objects.get(pk=self.image.pk), self.ann, clock, role=Role.OWNER, cells=list(cells) or None
        )


@pytest.fixture
def past() -> Past:
    return Past()


def shapes(states: list[CellState]) -> list[tuple]:
    """What a restore brings back: not the versions, nor who did it."""
    return [(state.id, state.label, state.mask, state.class_id, state.locked) for state in states]


def test_the_log_tells_the_cells_at_every_point(past: Past) -> None:
    for clock, states in enumerate(past.states):
        assert get_cells_at(past.image.pk, clock) == states


def test_the_timeline_says_who_did_what_newest_first(past: Past) -> None:
    entries = get_timeline(past.image.pk)
    said = [(entry.last, entry.actor, entry.created, entry.changed, entry.deleted) for entry in entries]
    assert said == [
        (5, "bo", 0, 0, 1), (4, "bo", 0, 1, 0), (3, "ann", 0, 1, 0), (2, "bo", 1, 0, 0), (1, "ann", 1, 0, 0),
    ]  # fmt: skip
    assert [entry.last for entry in get_timeline(past.image.pk, before=3)] == [2, 1]


def test_a_long_timeline_says_where_it_goes_on(past: Past, client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (history, history_views):
        monkeypatch.setattr(module, "PAGE", 2)
    client.force_login(past.ann)
    path, seen = f"/api/images/{past.image.pk}/history", []
    while path:
        answer = client.get(path)
        seen += [entry["last"] for entry in answer.json()]
        path = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
    assert seen == [5, 4, 3, 2, 1]


def test_blame_tells_of_one_cell_only(past: Past) -> None:
    assert [entry.last for entry in get_timeline(past.image.pk, cell=past.second)] == [4, 2]
    assert get_timeline(past.image.pk, cell=uuid.uuid4()) == []


def test_parts_of_a_change_are_one_entry(past: Past) -> None:
    tab = past.tabs[past.ann.pk]
    opening = tab.push(create(square(0, 40, 4)))
    do_push(past.ann, past.image.pk, opening)
    going_on = tab.push(create(square(0, 50, 4))).model_copy(update={"continues": opening.id})
    do_push(past.ann, past.image.pk, going_on)
    entry = get_timeline(past.image.pk)[0]
    assert (entry.first, entry.last, entry.created) == (6, 7, 2)


@pytest.mark.parametrize("clock", range(6))
def test_the_image_is_brought_back_to_any_point_in_one_step_that_can_be_undone(past: Past, clock: int) -> None:
    before = past.now()
    past.restore(clock)
    assert shapes(past.now()) == shapes(past.states[clock])
    undoable = get_undoable(past.image, past.ann)
    if clock == 5:
        assert Operation.objects.count() == 5, "nothing differs, so nothing is logged"
        return
    assert Operation.objects.get(pk=undoable).kind == "restore"
    past.push(past.ann, undo=undoable)
    assert shapes(past.now()) == shapes(before)
    past.push(past.ann, undo=get_redoable(past.image, past.ann))
    assert shapes(past.now()) == shapes(past.states[clock])


def test_one_cell_is_brought_back_and_the_others_stay(past: Past) -> None:
    assert past.restore(2, past.first) == 1
    assert shapes(past.now()) == shapes([past.states[2][0], past.states[5][0]])


def test_pixels_that_others_have_by_now_stay_theirs(past: Past) -> None:
    taker = create(square(0, 0, 10))
    past.push(past.bo, taker)
    past.restore(2, past.first)
    restored = next(state for state in past.now() if state.id == past.first)
    assert restored.mask.to_rle().area == 100 - 25
    past.push(past.bo, delete(past.first))
    past.push(past.bo, create(square(5, 5, 12)))
    with pytest.raises(RefusedError) as refused:
        past.restore(2, past.first)
    assert refused.value.code == ErrorCode.COVERED


def test_a_locked_cell_is_not_changed_by_the_past(past: Past) -> None:
    past.push(past.ann, lock(past.second, base=2))
    with pytest.raises(RefusedError) as refused:
        past.restore(3)
    assert refused.value.code == ErrorCode.LOCKED


def test_over_http_an_operation_is_undone_for_its_cells_only(past: Past, client: HttpClient) -> None:
    client.force_login(past.bo)
    address = f"/api/images/{past.image.pk}"
    entries = client.get(f"{address}/history").json()
    gone = next(entry for entry in entries if entry["deleted"] == 1)
    assert gone["colour"].startswith("#")
    body = json.dumps({"clock": gone["first"] - 1, "operation": gone["id"]})
    answer = client.post(f"{address}/restore", body, content_type="application/json")
    assert answer.json() == {"cells": 1}
    assert shapes(past.now()) == shapes(past.states[4])
    states = client.get(f"{address}/history/4").json()
    assert [CellState.model_validate(state) for state in states] == past.states[4]


@pytest.mark.parametrize("path", ["history/99", "history?before=-1&cell=x"])
def test_hostile_addresses_are_refused(past: Past, client: HttpClient, path: str) -> None:
    client.force_login(past.ann)
    assert client.get(f"/api/images/{past.image.pk}/{path}").status_code in {409, 422}


@pytest.mark.parametrize(
    "body", [{}, {"clock": -1}, {"clock": 99}, {"clock": 1, "cells": ["x"]}, {"clock": 1, "cells": 7}, {"clock": 2**70}]
)
def test_hostile_restores_are_refused_and_change_nothing(past: Past, client: HttpClient, body: dict) -> None:
    client.force_login(past.ann)
    before = past.now()
    address = f"/api/images/{past.image.pk}/restore"
    assert client.post(address, json.dumps(body), content_type="application/json").status_code in {409, 422}
    assert past.now() == before


def test_cells_of_another_image_are_not_reached(past: Past) -> None:
    other = make_image(past.project)
    do_push(past.ann, other.pk, Tab().push(change := create(square(1, 1))))
    assert past.restore(5, change.id) == 0
    assert get_cells_at(past.image.pk, 5, cells=[change.id]) == []
