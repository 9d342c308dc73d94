"""The write path of cells: lock → refuse repeats → check → write → log → tick → tell. Answered is committed (R1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from annotation.actions.changes import Editor, prepare_changes
from annotation.actions.log import write_operation
from annotation.actions.masks import Room
from annotation.actions.receipts import lock_tab, store_receipt
from annotation.actions.undo import get_redoable, get_target, get_undoable, inverse_kind, prepare_undo
from annotation.actions.workflow import check_may_edit, check_not_accepted
from annotation.errors import ErrorCode, RefusedError
from annotation.models import Annotation, Image, Job, LabelClass, Operation, User
from annotation.permissions import Action, access_image
from annotation.protocol import Ack, Patch, Provenance, Push
from annotation.queries import cell_state
from inference import rle
from inference.contracts import Part
from inference.rle import Rle

CELLS_AT_ONCE = 2000
"""In one operation: people who look at the image are sent all of it."""


@transaction.atomic
def do_push(user: User, image_id: UUID, push: Push, *, session_key: str | None = None) -> Ack:
    """Do what a person pushed, or refuse it for good; the same answer for the same ids, however often they come.

    Raises AppError where nothing was decided: no access, out of order.
    """
    repeated = lock_tab(user, push)
    if repeated is not None:
        return repeated
    image, role = access_image(user, image_id, Action.ANNOTATE, lock=True, session_key=session_key)
    try:
        check_may_edit(image, role)
        patch = _perform(Editor(image, user, client_id=push.client_id, role=role), user, push)
    except RefusedError as refusal:
        answer = _discard(image, user, push, refusal)
    else:
        answer = _commit(image, user, push, patch)
    store_receipt(push, answer)
    return answer


def _perform(editor: Editor, user: User, push: Push) -> Patch:
    image = editor.image
    if push.undo is None:
        first = _first_part(image, user, push)
        prepare_changes(editor, push.changes)
        return write_operation(editor, push.id, kind="part" if first else "edit", part_of=first)
    target = get_target(image, user, push.undo)
    prepare_undo(editor, target)
    return write_operation(editor, push.id, kind=inverse_kind(target), undoes=target)


def _first_part(image: Image, user: User, push: Push) -> Operation | None:
    """The operation that this one goes on with: mine, here, not undone, of other cells. None where it stands alone."""
    if push.continues is None:
        return None
    first = Operation.objects.filter(pk=push.continues, image=image, actor=user, kind="edit").first()
    if first is None:
        message = "The first part of this change was refused, so this part was left out too."
        raise RefusedError(ErrorCode.CONFLICT, message)
    if Operation.objects.filter(undoes=first).exists():
        raise RefusedError(ErrorCode.CONFLICT, "This change was undone before all of it had arrived.")
    before = {change["id"] for part in (first, *first.parts.all()) for change in part.changes}
    if any(str(change.id) in before for change in push.changes):
        raise RefusedError(ErrorCode.BAD_REQUEST, "An operation changes a cell once.")
    return first


def _ack(push: Push, image: Image, *, undoable: UUID | None, redoable: UUID | None, **more: Any) -> Ack:
    return Ack.model_construct(
        type="ack", id=push.id, seq=push.seq, clock=image.clock, undoable=undoable, redoable=redoable, **more
    )


def _commit(image: Image, user: User, push: Push, patch: Patch) -> Ack:
    """A new edit is what its author undoes next, and leaves nothing to redo."""
    is_edit = patch.kind == "edit"
    undoable = push.id if is_edit else get_undoable(image, user)
    redoable = None if is_edit else get_redoable(image, user)
    told = {"outcome": "commit", "cells": patch.cells, "removed": patch.removed}
    return _ack(push, image, undoable=undoable, redoable=redoable, **told)


def _discard(image: Image, user: User, push: Push, refusal: RefusedError) -> Ack:
    rows = Annotation.objects.filter(image=image, pk__in=refusal.cells).select_related("created_by", "updated_by")
    live = {row.pk: row for row in rows if not row.deleted}
    return _ack(
        push,
        image,
        undoable=get_undoable(image, user),
        redoable=get_redoable(image, user),
        outcome="discard",
        code=refusal.code,
        message=refusal.message,
        cells=[cell_state(row) for row in live.values()],
        removed=[cell_id for cell_id in refusal.cells if cell_id not in live],
    )


@transaction.atomic
def do_add_found_cells(job: Job, part: Part, provenance: Provenance) -> int:
    """Add a part of what “find all cells” found, as an operation of the person who asked. Pixels that cells already
    have are kept; what is then smaller than half of itself is left out. Returns how many were added. Raises
    RefusedError where the image was accepted meanwhile. The caller holds the job, and adds no part twice."""
    assert job.image_id is not None  # noqa: S101 - only images are segmented
    image = Image.objects.select_for_update(no_key=True).get(pk=job.image_id)
    check_not_accepted(image)
    editor = Editor(image, job.user)
    if not part.cells:
        return 0
    plane = (int(job.params.get("t", 0)), int(job.params.get("z", 0)))
    room = Room(image, [(plane, cell.mask) for cell in part.cells])
    class_ids, numbers = _class_ids(image, part), Numbers()
    for number, cell in enumerate(part.cells):
        stamped = provenance.model_copy(update={"score": cell.score})
        cell_id = uuid5(job.pk, f"{part.number}:{number}")
        new = NewCell(plane, cell.mask, class_ids[number])
        _insert_free(editor, room, new, numbers=numbers, cell_id=cell_id, provenance=stamped)
    if editor.edits:
        _write_part(editor, job.pk, part.number)
    return len(editor.edits)


@dataclass(frozen=True, slots=True)
class NewCell:
    """A mask that wants to become a cell of a plane (t, z). Those of one ``number`` become one object, as far as that
    is one per plane; ``parent`` is the number of the object that divided into it."""

    plane: tuple[int, int]
    mask: Rle
    class_id: int | None
    number: int | None = None
    parent: int | None = None


class Numbers:
    """Which label the objects of a file got here."""

    def __init__(self) -> None:
        self._labels: dict[int, int] = {}
        self._taken: set[tuple[int, tuple[int, int]]] = set()

    def label(self, editor: Editor, new: NewCell) -> int:
        """Of the cell's object; one of its own where the object has a cell on this plane already."""
        if new.number is None or (new.number, new.plane) in self._taken:
            return editor.new_label()
        self._taken.add((new.number, new.plane))
        return self._of(editor, new.number)

    def parent(self, editor: Editor, new: NewCell) -> int | None:
        """Of the cell's mother."""
        return None if new.parent is None else self._of(editor, new.parent)

    def _of(self, editor: Editor, number: int) -> int:
        if number not in self._labels:
            self._labels[number] = editor.new_label()
        return self._labels[number]


def _insert_free(
    editor: Editor, room: Room, new: NewCell, *, numbers: Numbers, cell_id: UUID, provenance: Provenance
) -> None:
    """The cell with the pixels that are free, if these are half of it."""
    free = room.free_part(new.plane, new.mask)
    if 2 * free.area >= new.mask.area and free.area > 0:
        room.take(new.plane, free)
        label = numbers.label(editor, new)
        cell = editor.insert(cell_id, free, plane=new.plane, class_id=new.class_id, provenance=provenance, label=label)
        cell.parent = numbers.parent(editor, new)


@transaction.atomic
def do_add_cells(
    image_id: UUID, user: User | None, cells: Sequence[NewCell], *, operation_id: UUID, provenance: Provenance
) -> int:
    """Add many cells at once as one step of undo, beside those that are there. What was done under this id already is
    not done again. Returns how many were added. Raises RefusedError where the image is accepted."""
    image = Image.objects.select_for_update(no_key=True).get(pk=image_id)
    if Operation.objects.filter(pk=operation_id).exists():
        return 0
    check_not_accepted(image)
    added, numbers = 0, Numbers()
    for start in range(0, len(cells), CELLS_AT_ONCE):
        some = cells[start : start + CELLS_AT_ONCE]
        editor, room = Editor(image, user), Room(image, [(cell.plane, cell.mask) for cell in some])
        for number, cell in enumerate(some, start):
            cell_id = uuid5(operation_id, str(number))
            _insert_free(editor, room, cell, numbers=numbers, cell_id=cell_id, provenance=provenance)
        if editor.edits:
            _write_part(editor, operation_id, start)
        added += len(editor.edits)
    return added


def _write_part(editor: Editor, first_id: UUID, number: int) -> None:
    """The first operation of a run has the run's id, the others belong to it."""
    first = Operation.objects.filter(pk=first_id).first()
    if first is None:
        write_operation(editor, first_id, kind="run")
    else:
        write_operation(editor, uuid5(first_id, f"part {number}"), kind="part", part_of=first)


def _class_ids(image: Image, part: Part) -> list[int | None]:
    """For each cell the project's class of the name that the engine gave, None where there is none."""
    if not part.classes:
        return [None] * len(part.cells)
    known = LabelClass.objects.filter(project_id=image.project_id, deleted_at=None)
    ids = {name.casefold(): class_id for name, class_id in known.values_list("name", "pk")}
    return [ids.get(name.casefold()) for name in part.classes]


def masks_of(labels_hw: Any, scores: tuple[float, ...]) -> list[tuple[Rle, float]]:
    """The masks of an instance image (row, column), each with its score (1.0 where the engine gave none)."""
    found = rle.from_labels(labels_hw)
    return [(mask, scores[label - 1] if label <= len(scores) else 1.0) for label, mask in found]
