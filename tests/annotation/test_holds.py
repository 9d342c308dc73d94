"""A cell that somebody is changing: others' operations on it are refused until it is free."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions.holds import do_hold, do_let_go, do_sweep_holds
from annotation.actions.operations import do_push
from annotation.actions.restore import do_restore
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.models import CellHold, Image, Role, User
from annotation.protocol import Ack
from tests.factories import Tab, create, delete, lock, make_image, make_project, make_user, relabel, reshape, square

pytestmark = pytest.mark.django_db


class Room:
    """Ann and Bo, a cell that Ann drew and changed, and another."""

    def __init__(self) -> None:
        self.ann, self.bo, self.boss = make_user("ann"), make_user("bo"), make_user("boss")
        project = make_project(self.boss, annotator=self.ann, reviewer=self.bo)
        self.image = make_image(project)
        self.tabs = {user.pk: Tab() for user in (self.ann, self.bo, self.boss)}
        self.sockets = {user.pk: uuid.uuid4() for user in (self.ann, self.bo, self.boss)}
        self.cell, self.other = uuid.uuid4(), uuid.uuid4()
        self.push(self.ann, create(square(5, 5), cell_id=self.cell), create(square(30, 30), cell_id=self.other))

    def push(self, user: User, *changes, undo: uuid.UUID | None = None) -> Ack:
        return do_push(user, self.image.pk, self.tabs[user.pk].push(*changes, undo=undo))

    def hold(self, user: User, *cells: uuid.UUID, role: Role = Role.ANNOTATOR, take: bool = False) -> list[uuid.UUID]:
        return do_hold(self.image, user, list(cells), socket=self.sockets[user.pk], role=role, take=take)


@pytest.fixture
def room() -> Room:
    return Room()


def test_every_change_of_a_held_cell_is_refused_with_a_reason(room: Room) -> None:
    first = room.push(room.bo, create(square(45, 5))).id
    room.hold(room.ann, room.cell)
    for change in (
        reshape(room.cell, square(5, 5, 12)), relabel(room.cell, None), delete(room.cell), lock(room.cell),
    ):  # fmt: skip
        refused = room.push(room.bo, change)
        assert (refused.outcome, refused.code) == ("discard", ErrorCode.HELD)
        assert refused.message == "ann is changing cell 1: it is free when they let go."
        assert [state.id for state in refused.cells] == [room.cell]
    assert room.push(room.bo, reshape(room.other, square(30, 30, 12))).outcome == "commit"
    assert room.push(room.bo, undo=first).outcome == "commit", "others of mine are undone as ever"
    assert room.push(room.ann, reshape(room.cell, square(5, 5, 12))).outcome == "commit"


def test_undo_and_the_past_do_not_reach_around_a_hold(room: Room) -> None:
    mine = room.push(room.bo, reshape(room.cell, square(5, 5, 12)))
    room.hold(room.ann, room.cell)
    assert room.push(room.bo, undo=mine.undoable).code == ErrorCode.HELD
    with pytest.raises(RefusedError, match="ann is changing"):
        do_restore(Image.objects.get(), room.bo, 1, role=Role.REVIEWER, cells=None)


@pytest.mark.parametrize("how", ["lets go", "holds another", "leaves", "falls silent"])
def test_a_cell_is_free_when_its_holder(room: Room, how: str) -> None:
    room.hold(room.ann, room.cell)
    if how == "lets go":
        room.hold(room.ann)
    elif how == "holds another":
        room.hold(room.ann, room.other)
    elif how == "leaves":
        do_let_go(room.sockets[room.ann.pk])
    else:
        CellHold.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert room.push(room.bo, reshape(room.cell, square(5, 5, 12))).outcome == "commit"


def test_only_one_has_a_cell_and_only_managers_take_it_over(room: Room) -> None:
    assert room.hold(room.ann, room.cell) == [room.cell]
    assert room.hold(room.bo, room.cell, room.other) == [room.other]
    with pytest.raises(AppError, match="Only managers"):
        room.hold(room.bo, room.cell, take=True)
    assert room.hold(room.boss, room.cell, role=Role.OWNER, take=True) == [room.cell]
    assert room.push(room.ann, reshape(room.cell, square(5, 5, 12))).code == ErrorCode.HELD
    assert room.push(room.boss, reshape(room.cell, square(5, 5, 12))).outcome == "commit"
    assert room.hold(room.ann, room.cell) == []


def test_my_own_other_tab_is_not_kept_out(room: Room) -> None:
    room.hold(room.ann, room.cell)
    room.tabs[room.ann.pk] = Tab()
    assert room.push(room.ann, reshape(room.cell, square(5, 5, 12))).outcome == "commit"


def test_cells_of_other_images_and_cells_that_are_gone_are_not_held(room: Room) -> None:
    elsewhere = make_image(room.image.project)
    assert do_hold(elsewhere, room.ann, [room.cell], socket=uuid.uuid4(), role=Role.OWNER, take=True) == []
    room.push(room.ann, delete(room.cell))
    assert room.hold(room.ann, room.cell, uuid.uuid4()) == []


def test_what_ended_long_ago_is_forgotten(room: Room) -> None:
    room.hold(room.ann, room.cell, room.other)
    CellHold.objects.filter(cell=room.cell).update(until=timezone.now() - timedelta(minutes=5))
    do_sweep_holds()
    assert CellHold.objects.get().cell_id == room.other
