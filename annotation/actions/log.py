"""Write what was prepared: cells, log, clock, and a word to everybody. Written out in SQL where every stroke comes
through: Django takes several times as long to spell these queries as Postgres to answer them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.utils import timezone

from annotation.actions.changes import Editor
from annotation.actions.ledger import counting, is_of_run
from annotation.actions.verdicts import note_fixes
from annotation.actions.workflow import note_edit
from annotation.database import execute_together
from annotation.events import send_figures_changed, send_patch
from annotation.models import Annotation, Operation
from annotation.protocol import Patch
from annotation.queries import cell_state

_COLUMNS = {
    **dict.fromkeys(("top", "left", "height", "width", "area", "version", "mask_version", "class_version"), "integer"),
    **dict.fromkeys(("label", "parent"), "integer"),
    **dict.fromkeys(("label_class_id", "updated_by_id"), "bigint"),
    **dict.fromkeys(("mask_client", "class_client"), "uuid"),
    **dict.fromkeys(("deleted", "locked"), "boolean"),
    "counts": "integer[]",
    "provenance": "jsonb",
}
"""Of a cell, what an edit may change."""
_UPDATE = f"""
UPDATE annotation_annotation AS cell
SET {", ".join(f'"{name}" = new."{name}"' for name in _COLUMNS)}, updated_at = now()
FROM jsonb_to_recordset(%s::jsonb) AS new(id uuid, {", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())})
WHERE cell.id = new.id
"""  # noqa: S608 - of constants
_LOG = """
WITH tick AS (
    UPDATE annotation_image
    SET clock = %(clock)s, status = %(status)s, assignee_id = %(assignee)s, next_label = %(next_label)s
    WHERE id = %(image)s
) INSERT INTO annotation_operation (id, image_id, clock, actor_id, kind, undoes_id, part_of_id, changes, created_at)
VALUES (%(id)s, %(image)s, %(clock)s, %(actor)s, %(kind)s, %(undoes)s, %(part_of)s, %(changes)s::jsonb, %(at)s)
"""


def _update(cells: list[Annotation]) -> tuple[str, Any]:
    rows = [{"id": str(cell.pk), **{name: getattr(cell, name) for name in _COLUMNS}} for cell in cells]
    return _UPDATE, [json.dumps(rows, default=str)]


def write_operation(
    editor: Editor, operation_id: UUID, *, kind: str, undoes: Operation | None = None, part_of: Operation | None = None
) -> Patch:
    """Save what was prepared, log it and tick the image's clock, which the caller has locked; tell everybody once that
    is committed."""
    image, user, edits = editor.image, editor.user, list(editor.edits.values())
    Annotation.objects.bulk_create([edit.cell for edit in edits if edit.is_new], batch_size=1000)
    changed = [edit.cell for edit in edits if not edit.is_new]
    image.clock += 1
    note_edit(image, user, editor.role)
    note_fixes(image, user, editor.role, [edit.cell for edit in edits])
    operation = Operation(
        id=operation_id,
        image=image,
        actor=user,
        kind=kind,
        part_of=part_of,
        changes=[edit.logged() for edit in edits],
        created_at=timezone.now(),
    )
    row: Any = {
        "id": operation_id, "image": image.pk, "clock": image.clock, "status": image.status, "kind": kind,
        "next_label": image.next_label, "actor": user.pk if user else None, "undoes": undoes.pk if undoes else None,
        "part_of": part_of.pk if part_of else None, "changes": json.dumps(operation.changes),
        "assignee": image.assignee_id, "at": operation.created_at,
    }  # fmt: skip
    counted = counting(operation, is_run=is_of_run(operation))
    execute_together([*([_update(changed)] if changed else []), (_LOG, row), *counted])
    patch = Patch.model_construct(
        type="patch",
        clock=image.clock,
        operation=operation_id,
        kind=kind,
        actor=user.username if user else "",
        cells=[cell_state(edit.cell) for edit in edits if not edit.cell.deleted],
        removed=[edit.cell.pk for edit in edits if edit.cell.deleted],
    )
    send_patch(image.pk, patch)
    send_figures_changed(image.project_id)
    return patch
