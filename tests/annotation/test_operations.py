"""The write path: answered is committed, repeats are harmless, nothing is overwritten silently, undo is per person."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.actions.operations import do_push
from annotation.errors import AppError, ErrorCode
from annotation.models import Annotation, Client, Image, LabelClass, Membership, Operation, User
from annotation.protocol import Ack, CellState, Patch, Provenance
from annotation.queries import cell_states, get_catch_up
from tests.factories import Tab, create, delete, lock, make_image, make_project, make_user, relabel, reshape, square

pytestmark = pytest.mark.django_db


class Room:
    """Ann and Bo, a tab each, in one image."""

    def __init__(self) -> None:
        self.ann, self.bo = make_user(), make_user()
        self.project = make_project(self.ann, annotator=self.bo)
        self.image = make_image(self.project)
        self.tabs = {self.ann.pk: Tab(), self.bo.pk: Tab()}

    def push(self, user: User, *changes, undo: uuid.UUID | None = None) -> Ack:
        return do_push(user, self.image.pk, self.tabs[user.pk].push(*changes, undo=undo))

    def cell(self, user: User, top: int = 5, left: int = 5) -> tuple[uuid.UUID, Ack]:
        change = create(square(top, left))
        return change.id, self.push(user, change)


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_commit_is_in_the_log_and_ticks_the_clock(room: Room) -> None:
    cell_id, ack = room.cell(room.ann)
    assert (ack.outcome, ack.clock) == ("commit", 1)
    assert Operation.objects.get(image=room.image).changes[0]["id"] == str(cell_id)
    assert Annotation.objects.get(pk=cell_id).area == 100


def test_r2_a_repeat_is_answered_as_the_first_time_and_done_once(room: Room) -> None:
    push = room.tabs[room.ann.pk].push(create(square(5, 5)))
    first = do_push(room.ann, room.image.pk, push)
    assert do_push(room.ann, room.image.pk, push) == first
    assert Operation.objects.count() == 1


def test_r2_a_refusal_is_repeated_too(room: Room) -> None:
    push = room.tabs[room.ann.pk].push(delete(uuid.uuid4()))
    first = do_push(room.ann, room.image.pk, push)
    assert (first.outcome, first.code) == ("discard", ErrorCode.GONE)
    assert do_push(room.ann, room.image.pk, push) == first


def test_a_missing_number_is_asked_for(room: Room) -> None:
    tab = room.tabs[room.ann.pk]
    tab.push(create(square(5, 5)))
    with pytest.raises(AppError, match="Operation 1 is missing") as refusal:
        do_push(room.ann, room.image.pk, tab.push(create(square(25, 5))))
    assert refusal.value.code == ErrorCode.OUT_OF_ORDER


def test_a_number_cannot_be_used_twice_for_different_operations(room: Room) -> None:
    room.cell(room.ann)
    room.tabs[room.ann.pk].seq = 0
    with pytest.raises(AppError, match="another operation"):
        room.cell(room.ann)


def test_r12_another_account_does_not_inherit_a_tab(room: Room) -> None:
    room.cell(room.ann)
    room.tabs[room.bo.pk] = room.tabs[room.ann.pk]
    with pytest.raises(AppError, match="another account"):
        room.cell(room.bo)


def test_r5_of_two_new_shapes_the_second_is_refused_with_the_truth(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    assert room.push(room.bo, reshape(cell_id, square(5, 5, 12))).outcome == "commit"
    ack = room.push(room.ann, relabel(cell_id, None), reshape(uuid.uuid4(), square(1, 1)))
    assert ack.outcome == "discard"
    room.tabs[room.ann.pk] = Tab()  # the exemption for one's own tab is not in play
    ack = room.push(room.ann, reshape(cell_id, square(5, 5, 3)))
    assert (ack.outcome, ack.code) == ("discard", ErrorCode.STALE)
    assert ack.cells[0].mask == square(5, 5, 12)
    assert room.bo.username in ack.message


def test_r5_a_new_shape_and_a_new_class_at_once_both_survive(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    label_class = LabelClass.objects.get()
    assert room.push(room.bo, reshape(cell_id, square(5, 5, 12))).outcome == "commit"
    room.tabs[room.ann.pk] = Tab()
    assert room.push(room.ann, relabel(cell_id, label_class.pk)).outcome == "commit"
    cell = Annotation.objects.get(pk=cell_id)
    assert (cell.area, cell.label_class) == (144, label_class)


def test_r5_delete_wins_and_an_edit_after_it_is_refused(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    room.push(room.bo, reshape(cell_id, square(5, 5, 12)))
    assert room.push(room.ann, delete(cell_id)).outcome == "commit"
    ack = room.push(room.bo, reshape(cell_id, square(5, 5, 13), base=2))
    assert (ack.code, ack.removed) == (ErrorCode.GONE, [cell_id])


def test_one_tab_may_send_edits_before_it_hears_of_the_first(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    for size in (11, 12, 13):
        assert room.push(room.ann, reshape(cell_id, square(5, 5, size), base=1)).outcome == "commit"


def test_a_version_from_the_future_is_refused(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    assert room.push(room.ann, reshape(cell_id, square(5, 5, 3), base=9)).code == ErrorCode.BAD_REQUEST


def test_new_pixels_never_take_another_cells(room: Room) -> None:
    room.cell(room.ann)
    second, ack = room.cell(room.bo, top=10, left=10)
    assert ack.cells[0].mask.to_rle().area == 75
    assert room.push(room.bo, create(square(6, 6, 5))).code == ErrorCode.COVERED


def test_pixels_can_change_hands_in_one_operation(room: Room) -> None:
    first, _ = room.cell(room.ann)
    ack = room.push(room.ann, create(square(5, 5, 10, width=5)), reshape(first, square(5, 10, 10, width=5)))
    assert ack.outcome == "commit"
    assert sorted(cell.mask.to_rle().area for cell in ack.cells) == [50, 50]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda room: create(square(55, 5)), ErrorCode.BAD_REQUEST),
        (lambda room: create(square(5, 75)), ErrorCode.BAD_REQUEST),
        (lambda room: create(square(5, 5), class_id=999_999), ErrorCode.GONE),
        (lambda room: reshape(uuid.uuid4(), square(5, 5)), ErrorCode.GONE),
    ],
)
def test_what_does_not_fit_is_refused(room: Room, change: Callable, code: ErrorCode) -> None:
    ack = room.push(room.ann, change(room))
    assert (ack.outcome, ack.code) == ("discard", code)
    assert not Operation.objects.exists()


def test_r3_an_operation_is_all_or_nothing(room: Room) -> None:
    ack = room.push(room.ann, create(square(5, 5)), create(square(30, 30)), delete(uuid.uuid4()))
    assert ack.outcome == "discard"
    assert not Annotation.objects.exists()


def test_s4_a_cell_of_another_image_is_out_of_reach(room: Room) -> None:
    other = Room()
    foreign, _ = other.cell(other.ann)
    assert room.push(room.ann, delete(foreign)).code == ErrorCode.BAD_REQUEST
    assert not Annotation.objects.get(pk=foreign).deleted


@pytest.mark.parametrize("role", ["viewer", None])
def test_s3_the_role_is_read_for_every_operation(room: Room, role: str | None) -> None:
    room.cell(room.bo)
    members = Membership.objects.filter(user=room.bo)
    _ = members.update(role=role) if role else members.delete()
    with pytest.raises(AppError):
        room.cell(room.bo, top=30)
    assert Operation.objects.count() == 1
    assert Client.objects.get(user=room.bo).last_seq == 1


# --- undo -------------------------------------------------------------------------------------------------------------


def test_the_story_of_the_issue(room: Room) -> None:
    """A creates, B brushes it larger, A's undo is refused, B undoes, A undoes."""
    cell_id, created = room.cell(room.ann)
    larger = room.push(room.bo, reshape(cell_id, square(5, 5, 12)))
    refused = room.push(room.ann, undo=created.undoable)
    assert (refused.outcome, refused.code) == ("discard", ErrorCode.CHANGED_SINCE)
    assert room.bo.username in refused.message
    assert room.push(room.bo, undo=larger.undoable).outcome == "commit"
    assert Annotation.objects.get(pk=cell_id).area == 100
    undone = room.push(room.ann, undo=created.undoable)
    assert (undone.outcome, undone.removed, undone.undoable) == ("commit", [cell_id], None)
    assert Annotation.objects.get(pk=cell_id).deleted


def test_undo_and_redo_walk_back_and_forth(room: Room) -> None:
    acks = [room.cell(room.ann, left=left)[1] for left in (5, 25, 45)]
    back = [room.push(room.ann, undo=acks[-1].undoable)]
    while back[-1].undoable:
        back.append(room.push(room.ann, undo=back[-1].undoable))
    assert len(back) == 3
    assert cell_states(room.image.pk) == []
    forth = [room.push(room.ann, undo=back[-1].redoable)]
    while forth[-1].redoable:
        forth.append(room.push(room.ann, undo=forth[-1].redoable))
    assert [cell.mask.left for cell in cell_states(room.image.pk)] == [5, 25, 45]
    assert [cell.label for cell in cell_states(room.image.pk)] == [1, 2, 3]


def test_something_new_ends_redo(room: Room) -> None:
    _, ack = room.cell(room.ann)
    assert room.push(room.ann, undo=ack.undoable).redoable is not None
    assert room.cell(room.ann, top=30)[1].redoable is None


def test_only_my_own_changes_are_mine_to_undo(room: Room) -> None:
    _, ack = room.cell(room.ann)
    assert room.push(room.bo, undo=ack.undoable).code == ErrorCode.FORBIDDEN


def test_a_change_is_undone_once(room: Room) -> None:
    _, ack = room.cell(room.ann)
    room.push(room.ann, undo=ack.undoable)
    assert room.push(room.ann, undo=ack.undoable).code == ErrorCode.NOTHING_TO_UNDO
    assert room.push(room.ann, undo=uuid.uuid4()).code == ErrorCode.NOTHING_TO_UNDO


def test_what_comes_back_does_not_cover_another_cell(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    gone = room.push(room.ann, delete(cell_id))
    room.cell(room.bo)
    assert room.push(room.ann, undo=gone.undoable).code == ErrorCode.CHANGED_SINCE


def test_undoing_a_class_leaves_anothers_shape(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    named = room.push(room.ann, relabel(cell_id, LabelClass.objects.get().pk))
    room.push(room.bo, reshape(cell_id, square(5, 5, 12), base=2))
    assert room.push(room.ann, undo=named.undoable).outcome == "commit"
    cell = Annotation.objects.get(pk=cell_id)
    assert (cell.area, cell.label_class) == (144, None)


# --- old snapshot + operations = fresh snapshot -----------------------------------------------------------------------


def replay(snapshot: list[CellState], patches: list[Patch]) -> dict[uuid.UUID, CellState]:
    cells = {cell.id: cell for cell in snapshot}
    for patch in patches:
        cells.update({cell.id: cell for cell in patch.cells})
        for gone in patch.removed:
            cells.pop(gone, None)
    return cells


STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from("ccrrlkdu"), st.integers(0, 999)), min_size=1, max_size=25)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, seen=st.integers(0, 25))
def test_r6_old_snapshot_plus_operations_is_the_fresh_snapshot(steps: list, seen: int) -> None:
    room = Room()
    old = get_catch_up(room.image.pk, client_id=uuid.uuid4(), clock=None)
    for number, (by_ann, kind, choice) in enumerate(steps):
        user = room.ann if by_ann else room.bo
        if number == seen:
            old = get_catch_up(room.image.pk, client_id=uuid.uuid4(), clock=None)
        random_step(room, user, kind, choice)
    fresh = get_catch_up(room.image.pk, client_id=uuid.uuid4(), clock=None)
    missed = get_catch_up(room.image.pk, client_id=uuid.uuid4(), clock=old.clock)
    assert replay(old.snapshot or [], missed.patches) == {cell.id: cell for cell in fresh.snapshot or []}
    assert [patch.clock for patch in missed.patches] == list(range(old.clock + 1, fresh.clock + 1))
    assert Image.objects.get(pk=room.image.pk).clock == Operation.objects.filter(image=room.image).count()


def random_step(room: Room, user: User, kind: str, choice: int) -> None:
    cells = list(Annotation.objects.filter(image=room.image).order_by("label"))
    cell = cells[choice % len(cells)] if cells else None
    if kind == "c" or cell is None:
        room.push(user, create(square(choice % 50, choice // 13 % 70, 3 + choice % 7)))
    elif kind == "r":
        room.push(user, reshape(cell.pk, square(choice % 40, choice // 11 % 60, 4 + choice % 9), base=cell.version))
    elif kind == "l":
        room.push(user, relabel(cell.pk, LabelClass.objects.get(project=room.project).pk, base=cell.version))
    elif kind == "k":
        room.push(user, lock(cell.pk, locked=not cell.locked, base=cell.version))
    elif kind == "d":
        room.push(user, delete(cell.pk, base=cell.version))
    else:
        mine = Operation.objects.filter(image=room.image, actor=user)
        target = mine.order_by("-clock")[choice % 3 : choice % 3 + 1].first()
        room.push(user, undo=target.pk if target else uuid.uuid4())


def test_a_shape_that_an_engine_made_of_a_cell_says_so_and_undo_takes_that_back(room: Room) -> None:
    cell_id, _ = room.cell(room.ann)
    refined = Provenance(source="prompt", engine="sam", weights="0" * 64, score=0.9)
    change = reshape(cell_id, square(5, 5, 12)).model_copy(update={"provenance": refined})
    room.push(room.ann, change)
    cell = Annotation.objects.get(pk=cell_id)
    assert (cell.provenance["source"], cell.provenance["engine"], cell.area) == ("prompt", "sam", 144)
    room.push(room.ann, undo=Operation.objects.latest("clock").pk)
    cell.refresh_from_db()
    assert (cell.provenance["source"], cell.area) == ("hand", 100)
