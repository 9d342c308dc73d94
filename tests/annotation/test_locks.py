"""A locked cell changes in nothing but its lock, whoever asks; locking is an operation like others."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from annotation.errors import AppError, ErrorCode
from annotation.models import Annotation, LabelClass, Membership, Operation
from annotation.protocol import DeleteCell, UpdateCell
from annotation.queries import cell_states
from tests.annotation.test_operations import Room
from tests.factories import create, delete, lock, relabel, reshape, square

pytestmark = pytest.mark.django_db

Change = UpdateCell | DeleteCell


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def locked(room: Room) -> UUID:
    cell_id, _ = room.cell(room.ann)
    assert room.push(room.bo, lock(cell_id)).outcome == "commit"
    return cell_id


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: reshape(cell, square(5, 5, 12), base=2),
        lambda cell: relabel(cell, LabelClass.objects.get().pk, base=2),
        lambda cell: delete(cell, base=2),
        lambda cell: reshape(cell, square(5, 5, 12), base=2).model_copy(update={"locked": False}),
    ],
)
def test_a_locked_cell_takes_no_other_change(room: Room, locked: UUID, change: Callable[[UUID], Change]) -> None:
    ack = room.push(room.ann, change(locked))
    assert (ack.outcome, ack.code, ack.message) == (
        "discard", ErrorCode.LOCKED, "Cell 1 is locked. Unlock it first, then change it.",
    )  # fmt: skip
    assert ack.cells[0].locked
    assert ack.cells[0].mask == square(5, 5)


def test_one_locked_cell_holds_back_the_whole_operation(room: Room, locked: UUID) -> None:
    assert room.push(room.ann, create(square(30, 30)), delete(locked, base=2)).outcome == "discard"
    assert Annotation.objects.count() == 1


def test_an_unlocked_cell_changes_again(room: Room, locked: UUID) -> None:
    assert room.push(room.ann, lock(locked, locked=False, base=2)).outcome == "commit"
    assert room.push(room.ann, reshape(locked, square(5, 5, 12), base=3)).outcome == "commit"


def test_locking_is_undone_and_redone(room: Room, locked: UUID) -> None:
    undone = room.push(room.bo, undo=Operation.objects.latest("clock").pk)
    assert (undone.outcome, cell_states(room.image.pk)[0].locked) == ("commit", False)
    assert room.push(room.bo, undo=undone.redoable).outcome == "commit"
    assert cell_states(room.image.pk)[0].locked


def test_what_was_done_before_the_lock_is_not_undone_under_it(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    named = room.push(room.ann, relabel(cell_id, LabelClass.objects.get().pk))
    room.push(room.bo, lock(cell_id, base=2))
    assert room.push(room.ann, undo=named.undoable).code == ErrorCode.LOCKED
    room.push(room.bo, lock(cell_id, locked=False, base=3))
    assert room.push(room.ann, undo=named.undoable).outcome == "commit"


@pytest.mark.parametrize("role", ["viewer", None])
def test_who_may_not_annotate_may_not_lock(room: Room, role: str | None) -> None:
    cell_id, _ = room.cell(room.ann)
    members = Membership.objects.filter(user=room.bo)
    _ = members.update(role=role) if role else members.delete()
    with pytest.raises(AppError):
        room.push(room.bo, lock(cell_id))
    assert not Annotation.objects.get().locked


def test_an_update_without_any_change_is_refused(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    change = UpdateCell(change="update", id=cell_id, base_version=1)
    assert room.push(room.ann, change).code == ErrorCode.BAD_REQUEST
