"""The write path of cells: lock → refuse repeats → check → write → log → tick → tell. Answered is committed (R1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from annotation.actions.changes import Editor, prepare_changes
from annotation.actions.masks import Room
from annotation.actions.undo import get_redoable, get_target, get_undoable, inverse_kind, prepare_undo
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.events import send_patch
from annotation.models import Annotation, Client, Image, ImageStatus, Job, LabelClass, Operation, Receipt, User
from annotation.permissions import Action, access_image
from annotation.protocol import Ack, Provenance, Push
from annotation.queries import cell_state, patch_of
from inference import rle
from inference.contracts import Part
from inference.rle import Rle

CELLS_AT_ONCE = 2000
"""In one operation: people who look at the image are sent all of it."""

_CELL_FIELDS = [
    "top", "left", "height", "width", "counts", "area", "label_class", "version", "mask_version", "class_version",
    "mask_client", "class_client", "updated_by", "updated_at", "deleted", "locked", "provenance",
]  # fmt: skip


def _lock_client(user: User, push: Push) -> Client:
    """The tab's row, locked. An id that another person's tab made up is not theirs to use (R12)."""
    Client.objects.get_or_create(pk=push.client_id, defaults={"user": user})
    client = Client.objects.select_for_update().get(pk=push.client_id)
    if client.user_id != user.pk:
        raise AppError(ErrorCode.FORBIDDEN, "This tab was opened by another account. Reload the page.", status=403)
    return client


def _repeat(client: Client, push: Push) -> Ack | None:
    """The first answer to an operation that comes again; None for a new one."""
    receipt = Receipt.objects.filter(client=client, seq=push.seq).first()
    if receipt is not None and receipt.operation_id == push.id:
        return Ack.model_validate(receipt.answer)
    if receipt is not None or Receipt.objects.filter(operation_id=push.id).exists():
        raise AppError(ErrorCode.CONFLICT, "This number stands for another operation already. Reload the page.")
    if push.seq != client.last_seq + 1:
        raise AppError(
            ErrorCode.OUT_OF_ORDER, f"Operation {client.last_seq + 1} is missing; send again from there.", status=409
        )
    return None


@transaction.atomic
def do_push(user: User, image_id: UUID, push: Push, *, session_key: str | None = None) -> Ack:
    """Do what a person pushed, or refuse it for good; the same answer for the same ids, however often they come.

    Raises AppError where nothing was decided: no access, out of order.
    """
    client = _lock_client(user, push)
    repeated = _repeat(client, push)
    if repeated is not None:
        return repeated
    image, _ = access_image(user, image_id, Action.ANNOTATE, lock=True, session_key=session_key)
    try:
        operation = _perform(image, user, push)
    except RefusedError as refusal:
        answer = _discard(image, user, push, refusal)
    else:
        answer = _commit(image, user, push, operation)
    Receipt.objects.create(client=client, seq=push.seq, operation_id=push.id, answer=answer.model_dump(mode="json"))
    Client.objects.filter(pk=client.pk).update(last_seq=push.seq)
    return answer


def _perform(image: Image, user: User, push: Push) -> Operation:
    editor = Editor(image, user, client_id=push.client_id)
    if push.undo is None:
        first = _first_part(image, user, push)
        prepare_changes(editor, push.changes)
        return _write(editor, push.id, kind="part" if first else "edit", part_of=first)
    target = get_target(image, user, push.undo)
    prepare_undo(editor, target)
    return _write(editor, push.id, kind=inverse_kind(target), undoes=target)


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


def _write(
    editor: Editor, operation_id: UUID, *, kind: str, undoes: Operation | None = None, part_of: Operation | None = None
) -> Operation:
    """Save what was prepared, log it and tick the image's clock, which the caller has locked."""
    image, edits = editor.image, list(editor.edits.values())
    Annotation.objects.bulk_create([edit.cell for edit in edits if edit.is_new], batch_size=1000)
    Annotation.objects.bulk_update([edit.cell for edit in edits if not edit.is_new], _CELL_FIELDS, batch_size=500)
    image.clock += 1
    if image.status == ImageStatus.NEW:
        image.status = ImageStatus.IN_PROGRESS
    image.save(update_fields=["clock", "status", "next_label"])
    operation = Operation.objects.create(
        id=operation_id,
        image=image,
        clock=image.clock,
        actor=editor.user,
        kind=kind,
        undoes=undoes,
        part_of=part_of,
        changes=[edit.logged() for edit in edits],
    )
    send_patch(image.pk, patch_of(operation))
    return operation


def _ack(image: Image, user: User, push: Push, **more: Any) -> Ack:
    return Ack(
        type="ack",
        id=push.id,
        seq=push.seq,
        clock=image.clock,
        undoable=get_undoable(image, user),
        redoable=get_redoable(image, user),
        **more,
    )


def _commit(image: Image, user: User, push: Push, operation: Operation) -> Ack:
    patch = patch_of(operation)
    return _ack(image, user, push, outcome="commit", cells=patch.cells, removed=patch.removed)


def _discard(image: Image, user: User, push: Push, refusal: RefusedError) -> Ack:
    rows = Annotation.objects.filter(image=image, pk__in=refusal.cells).select_related("created_by", "updated_by")
    live = {row.pk: row for row in rows if not row.deleted}
    return _ack(
        image,
        user,
        push,
        outcome="discard",
        code=refusal.code,
        message=refusal.message,
        cells=[cell_state(row) for row in live.values()],
        removed=[cell_id for cell_id in refusal.cells if cell_id not in live],
    )


@transaction.atomic
def do_add_found_cells(job: Job, part: Part, provenance: Provenance) -> int:
    """Add a part of what “find all cells” found, as an operation of the person who asked. Pixels that cells already
    have are kept; what is then smaller than half of itself is left out. Returns how many were added. The caller holds
    the job, and sees to it that no part is added twice."""
    assert job.image_id is not None  # noqa: S101 - only images are segmented
    image = Image.objects.select_for_update(no_key=True).get(pk=job.image_id)
    editor = Editor(image, job.user)
    if not part.cells:
        return 0
    plane = (int(job.params.get("t", 0)), int(job.params.get("z", 0)))
    room = Room(image, [(plane, cell.mask) for cell in part.cells])
    class_ids = _class_ids(image, part)
    for number, cell in enumerate(part.cells):
        stamped = provenance.model_copy(update={"score": cell.score})
        cell_id = uuid5(job.pk, f"{part.number}:{number}")
        _insert_free(editor, room, NewCell(plane, cell.mask, class_ids[number]), cell_id=cell_id, provenance=stamped)
    if editor.edits:
        _write_part(editor, job.pk, part.number)
    return len(editor.edits)


@dataclass(frozen=True, slots=True)
class NewCell:
    """A mask that wants to become a cell of a plane (t, z)."""

    plane: tuple[int, int]
    mask: Rle
    class_id: int | None


def _insert_free(editor: Editor, room: Room, new: NewCell, *, cell_id: UUID, provenance: Provenance) -> None:
    """The cell with the pixels that are free, if these are half of it."""
    free = room.free_part(new.plane, new.mask)
    if 2 * free.area >= new.mask.area and free.area > 0:
        room.take(new.plane, free)
        editor.insert(cell_id, free, plane=new.plane, class_id=new.class_id, provenance=provenance)


@transaction.atomic
def do_add_cells(
    image_id: UUID, user: User | None, cells: Sequence[NewCell], *, operation_id: UUID, provenance: Provenance
) -> int:
    """Add many cells at once as one step of undo, beside those that are there. What was done under this id already is
    not done again. Returns how many were added."""
    image = Image.objects.select_for_update(no_key=True).get(pk=image_id)
    if Operation.objects.filter(pk=operation_id).exists():
        return 0
    added = 0
    for start in range(0, len(cells), CELLS_AT_ONCE):
        some = cells[start : start + CELLS_AT_ONCE]
        editor, room = Editor(image, user), Room(image, [(cell.plane, cell.mask) for cell in some])
        for number, cell in enumerate(some, start):
            _insert_free(editor, room, cell, cell_id=uuid5(operation_id, str(number)), provenance=provenance)
        if editor.edits:
            _write_part(editor, operation_id, start)
        added += len(editor.edits)
    return added


def _write_part(editor: Editor, first_id: UUID, number: int) -> None:
    """The first operation of a run has the run's id, the others belong to it."""
    first = Operation.objects.filter(pk=first_id).first()
    if first is None:
        _write(editor, first_id, kind="run")
    else:
        _write(editor, uuid5(first_id, f"part {number}"), kind="part", part_of=first)


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
