"""Cells of several slices and frames that are one object: they have one label. A cell that came of a division knows the
label of the object that divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from annotation.errors import ErrorCode, RefusedError
from annotation.models import Annotation

if TYPE_CHECKING:
    from annotation.actions.changes import Editor


def find_other(editor: Editor, rows: Mapping[UUID, Annotation], cell_id: UUID, *, own: UUID) -> Annotation:
    """The live cell that a change names beside its ``own``."""
    edit = editor.edits.get(cell_id)
    cell = edit.cell if edit else rows.get(cell_id)
    if cell is None or cell.deleted:
        raise RefusedError(ErrorCode.GONE, "The other cell was deleted. Choose another one.", cells=[own])
    return cell


def parent_label(mother: Annotation, *, own: UUID, label: int | None, t: int) -> int:
    """The mother's label, for the cell ``own`` of object ``label`` in frame ``t``."""
    if mother.t >= t or mother.label == label:
        sentence = f"Cell {mother.label} cannot have divided into this one: it has to lie in an earlier frame."
        raise RefusedError(ErrorCode.BAD_REQUEST, sentence, cells=[own])
    return mother.label


def check_objects(editor: Editor) -> None:
    """Raise where an object would have two cells on one plane. Cells with a label of their own have none to meet."""
    arrived = [
        edit.cell
        for edit in editor.edits.values()
        if not edit.cell.deleted
        and edit.cell.label < editor.first_label
        and (edit.before is None or edit.before["label"] != edit.cell.label)
    ]
    if not arrived:
        return
    labels = {cell.label for cell in arrived}
    there = Annotation.objects.filter(image=editor.image, label__in=labels, deleted=False)
    taken: dict[tuple[int, int, int], UUID] = {
        (label, t, z): pk for pk, label, t, z in there.values_list("pk", "label", "t", "z") if pk not in editor.edits
    }
    for edit in editor.edits.values():
        cell = edit.cell
        other = None if cell.deleted else taken.setdefault((cell.label, *cell.plane), cell.pk)
        if other not in (None, cell.pk):
            sentence = f"Object {cell.label} has a cell on this slice already. Merge the two, or delete one of them."
            raise RefusedError(ErrorCode.CONFLICT, sentence, cells=[cell.pk])
