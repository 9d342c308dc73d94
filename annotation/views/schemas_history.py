"""What the history of an image says over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.views.schemas import In


class EntryOut(Schema):
    """One step of the timeline, from clock ``first`` to ``last``; how many cells it created, deleted and changed."""

    id: UUID
    first: int
    last: int
    kind: str
    actor: str
    colour: str
    created_at: datetime
    created: int
    deleted: int
    changed: int
    engine: str
    undone: bool


class RestoreIn(In):
    """Cells as they were after operation ``clock``: those named, those that ``operation`` changed, or all."""

    clock: Annotated[int, Field(ge=0)]
    cells: Annotated[list[UUID], Field(max_length=1000)] | None = None
    operation: UUID | None = None


class RestoredOut(Schema):
    """How many cells are different for it."""

    cells: int
