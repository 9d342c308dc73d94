"""Cells as they were at a point of the history: a new operation, which can be undone like any other."""

from __future__ import annotations

from uuid import UUID, uuid4

from annotation.actions.changes import Editor, check_unlocked
from annotation.actions.log import write_operation
from annotation.actions.masks import Room
from annotation.actions.objects import check_objects
from annotation.actions.workflow import check_may_edit
from annotation.errors import ErrorCode, RefusedError
from annotation.history import get_cells_at
from annotation.models import Annotation, Image, Role, User
from annotation.protocol import CellState


def check_point(image: Image, clock: int) -> None:
    """Raise unless the image has been there."""
    if not 0 <= clock <= image.clock:
        raise RefusedError(ErrorCode.BAD_REQUEST, "The history of this image has no such point.")


def do_restore(image: Image, user: User, clock: int, *, role: Role, cells: list[UUID] | None) -> int:
    """Make these cells, or all, what they were after operation ``clock``. The caller has locked the image. Returns how
    many are different for it. Pixels that other cells have by now are left to them."""
    check_point(image, clock)
    check_may_edit(image, role)
    live = Annotation.objects.filter(image=image, deleted=False)
    then = {state.id: state for state in get_cells_at(image.pk, clock, cells=cells)}
    now = list(
        live.values_list("pk", flat=True) if cells is None else live.filter(pk__in=cells).values_list("pk", flat=True)
    )
    editor = Editor(image, user, role=role)
    rows = editor.load([*then, *(cell_id for cell_id in now if cell_id not in then)])
    for cell_id in now:
        if cell_id not in then:
            check_unlocked(rows[cell_id])
            editor.delete(rows[cell_id])
    changed = [state for state in then.values() if _differs(rows[state.id], state)]
    if changed:
        _bring_back(editor, rows, changed)
    if editor.edits:
        write_operation(editor, uuid4(), kind="restore")
    return len(editor.edits)


def _differs(cell: Annotation, state: CellState) -> bool:
    now = (cell.rle, cell.label_class_id, cell.locked, cell.label, cell.parent)
    then = (state.mask.to_rle(), state.class_id, state.locked, state.label, state.parent)
    return cell.deleted or now != then


def _bring_back(editor: Editor, rows: dict[UUID, Annotation], states: list[CellState]) -> None:
    """Shape, class, object and lock of each, as far as other cells leave room."""
    moving = [state.id for state in states] + list(editor.edits)
    room = Room(editor.image, [((state.t, state.z), state.mask.to_rle()) for state in states], without=moving)
    for state in states:
        cell = rows[state.id]
        mask = room.free_part(cell.plane, state.mask.to_rle())
        if not cell.deleted:
            check_unlocked(cell)
        if mask.area == 0:
            sentence = f"Other cells cover the whole place of cell {state.label} by now."
            raise RefusedError(ErrorCode.COVERED, sentence, cells=[state.id])
        room.take(cell.plane, mask)
        if cell.deleted:
            editor.restore(cell)
        if mask != cell.rle:
            editor.reshape(cell, mask, provenance=state.provenance.model_dump(mode="json"))
        if state.class_id != cell.label_class_id:
            editor.relabel(cell, state.class_id)
        if state.label != cell.label:
            editor.join(cell, state.label)
        if state.parent != cell.parent:
            editor.descend(cell, state.parent)
        if state.locked != cell.locked:
            editor.lock(cell, locked=state.locked)
    check_objects(editor)
