"""A change too large for one message comes in parts and is one step of undo."""

from __future__ import annotations

import uuid

import pytest

from annotation.actions.operations import do_push
from annotation.errors import ErrorCode
from annotation.models import Operation, User
from annotation.protocol import Ack
from annotation.queries import cell_states
from tests.factories import Tab, create, delete, make_image, make_project, make_user, square

pytestmark = pytest.mark.django_db


class Bulk:
    """Ann's first part in an image that Bo shares."""

    def __init__(self) -> None:
        self.ann, self.bo = make_user(), make_user()
        self.image = make_image(make_project(self.ann, annotator=self.bo))
        self.tabs = {self.ann.pk: Tab(), self.bo.pk: Tab()}
        self.cell = create(square(5, 5))
        self.first = self.tabs[self.ann.pk].push(self.cell)
        do_push(self.ann, self.image.pk, self.first)

    def part(self, *changes, user: User | None = None, of: uuid.UUID | None = None) -> Ack:
        who = user or self.ann
        push = self.tabs[who.pk].push(*changes).model_copy(update={"continues": of or self.first.id})
        return do_push(who, self.image.pk, push)

    def undo(self, target: uuid.UUID | None) -> Ack:
        return do_push(self.ann, self.image.pk, self.tabs[self.ann.pk].push(undo=target))

    @property
    def cells(self) -> int:
        return len(cell_states(self.image.pk))


@pytest.fixture
def bulk() -> Bulk:
    return Bulk()


def test_parts_are_undone_and_redone_together(bulk: Bulk) -> None:
    acks = [bulk.part(create(square(5, 20))), bulk.part(create(square(5, 35)))]
    assert [ack.outcome for ack in acks] == ["commit", "commit"]
    assert [ack.undoable for ack in acks] == [bulk.first.id, bulk.first.id]
    undone = bulk.undo(acks[-1].undoable)
    assert (undone.outcome, undone.undoable, bulk.cells) == ("commit", None, 0)
    redone = bulk.undo(undone.redoable)
    assert (redone.outcome, redone.redoable, bulk.cells) == ("commit", None, 3)


def test_a_part_of_a_refused_or_unknown_change_is_refused(bulk: Bulk) -> None:
    ack = bulk.part(create(square(5, 20)), of=uuid.uuid4())
    assert (ack.outcome, ack.code, bulk.cells) == ("discard", ErrorCode.CONFLICT, 1)


def test_nobody_adds_to_another_persons_change(bulk: Bulk) -> None:
    ack = bulk.part(create(square(5, 20)), user=bulk.bo)
    assert (ack.outcome, ack.code, bulk.cells) == ("discard", ErrorCode.CONFLICT, 1)


def test_a_part_that_comes_after_the_undo_is_refused(bulk: Bulk) -> None:
    bulk.undo(bulk.first.id)
    ack = bulk.part(create(square(5, 20)))
    assert (ack.outcome, ack.code, bulk.cells) == ("discard", ErrorCode.CONFLICT, 0)


def test_no_two_parts_change_the_same_cell(bulk: Bulk) -> None:
    ack = bulk.part(delete(bulk.cell.id))
    assert (ack.outcome, ack.code, bulk.cells) == ("discard", ErrorCode.BAD_REQUEST, 1)


def test_the_history_is_not_bounded_and_finds_its_end_at_once(bulk: Bulk, django_assert_max_num_queries) -> None:
    """10,000 operations, the last of which can be undone, and the one before that."""
    rows = [
        Operation(id=uuid.uuid4(), image=bulk.image, clock=2 + at, actor=bulk.ann, kind="edit", changes=[])
        for at in range(10_000)
    ]
    Operation.objects.bulk_create(rows)
    bulk.image.clock = 10_001
    bulk.image.save()
    for row in rows[:-4:-1]:
        with django_assert_max_num_queries(30):
            ack = bulk.undo(row.pk)
        assert ack.outcome == "commit"
    assert ack.undoable == rows[-4].pk
