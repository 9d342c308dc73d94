"""A cell as it travels and as the log keeps it: protocol.CellState, as JSON."""

from __future__ import annotations

from typing import Any

from annotation.models import Annotation, Operation
from annotation.protocol import CellState, Mask, Patch, Provenance

State = dict[str, Any]


def cell_state(cell: Annotation) -> CellState:
    """The message for a row whose people are loaded."""
    return CellState.model_construct(
        id=cell.pk,
        label=cell.label,
        version=cell.version,
        mask=Mask.of(cell.rle),
        class_id=cell.label_class_id,
        provenance=Provenance.model_validate(cell.provenance),
        created_by=cell.created_by.username if cell.created_by else "",
        updated_by=cell.updated_by.username if cell.updated_by else "",
    )


def state_of(cell: Annotation) -> State | None:
    """What the log keeps of a cell; null where it is deleted."""
    return None if cell.deleted else cell_state(cell).model_dump(mode="json")


def patch_of(operation: Operation) -> Patch:
    """What clients are told of an operation; its actor is loaded."""
    after = [change["after"] for change in operation.changes]
    return Patch(
        type="patch",
        clock=operation.clock,
        operation=operation.pk,
        kind=operation.kind,
        actor=operation.actor.username if operation.actor else "",
        cells=[CellState.model_validate(state) for state in after if state is not None],
        removed=[change["id"] for change in operation.changes if change["after"] is None],
    )
