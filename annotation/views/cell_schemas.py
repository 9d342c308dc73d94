"""What the HTTP API takes and gives of cells: the messages of the pages' protocol, one at a time or many at once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.protocol import CellState, Change, Mask, PlaneIndex, Provenance
from annotation.views.schemas import In

MOST_CHANGES = 4096
BY_PROGRAM = Provenance(source="auto", engine="program")


class CellIn(In):
    """A new cell on slice ``z`` of frame ``t``. ``joins`` is a cell of another plane that is the same object,
    ``parent`` a cell of the object that divided into it. Pixels that other cells have are left out of it."""

    mask: Mask
    class_id: int | None = None
    t: PlaneIndex = 0
    z: PlaneIndex = 0
    joins: UUID | None = None
    parent: UUID | None = None
    provenance: Provenance = BY_PROGRAM


class CellChangeIn(In):
    """What is left out stays. ``version`` is the one that was read: if somebody changed the cell since, this is
    refused. ``class_id`` and ``parent`` may be null."""

    version: Annotated[int, Field(ge=1)]
    mask: Mask | None = None
    class_id: int | None = None
    locked: bool | None = None
    joins: UUID | None = None
    parent: UUID | None = None
    provenance: Provenance | None = None


class OperationIn(In):
    """Many changes as one step of undo, or the id of one's operation to undo (undoing an undo is redo). With an
    ``id`` of its own it can be sent again: it is done once."""

    id: UUID | None = None
    changes: Annotated[list[Change], Field(max_length=MOST_CHANGES)] = []
    undo: UUID | None = None


class OperationOut(Schema):
    """What was done, as operation ``clock`` of the image: cells as they are now, and the ids of those that are gone."""

    operation: UUID
    clock: int
    cells: list[CellState]
    removed: list[UUID]


class CellDoneOut(Schema):
    """The cell as it is now, and the operation by which it can be undone."""

    operation: UUID
    clock: int
    cell: CellState
