"""What happened to an image: its timeline, and its cells as they were at any point, from the log of operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from annotation.models import Operation
from annotation.presence import colour_of
from annotation.protocol import CellState

PAGE = 100
"""Entries of the timeline at once."""

# Parts of one operation are one entry. Only the entries of this page are looked into: their masks are many.
_TIMELINE = """
WITH page AS (
    SELECT COALESCE(part_of_id, id) AS id, MIN(clock) AS first, MAX(clock) AS last FROM annotation_operation
    WHERE image_id = %(image)s
        AND (%(cell)s::text IS NULL OR changes @> jsonb_build_array(jsonb_build_object('id', %(cell)s::text)))
    GROUP BY COALESCE(part_of_id, id) HAVING MAX(clock) < %(before)s ORDER BY MAX(clock) DESC LIMIT %(limit)s
)
SELECT page.id, page.first, page.last, entry.kind, COALESCE(person.username, '') AS actor, person.id AS actor_id,
    entry.created_at, counts.created, counts.deleted, counts.changed, counts.engine,
    EXISTS (SELECT 1 FROM annotation_operation AS undo WHERE undo.undoes_id = page.id) AS undone
FROM page JOIN annotation_operation AS entry ON entry.id = page.id
LEFT JOIN annotation_user AS person ON person.id = entry.actor_id
CROSS JOIN LATERAL (
    SELECT COUNT(*) FILTER (WHERE change -> 'before' = 'null') AS created,
        COUNT(*) FILTER (WHERE change -> 'after' = 'null') AS deleted,
        COUNT(*) FILTER (WHERE change -> 'before' <> 'null' AND change -> 'after' <> 'null') AS changed,
        COALESCE(MAX(change #>> '{after,provenance,engine}') FILTER (
            WHERE change #> '{after,provenance}' IS DISTINCT FROM change #> '{before,provenance}'), '') AS engine
    FROM annotation_operation AS part CROSS JOIN LATERAL jsonb_array_elements(part.changes) AS change
    WHERE part.image_id = %(image)s AND (part.id = page.id OR part.part_of_id = page.id)
        AND (%(cell)s::text IS NULL OR change ->> 'id' = %(cell)s)
) AS counts ORDER BY page.last DESC
"""
_STATES = """
SELECT DISTINCT ON (change ->> 'id') change -> 'after' FROM annotation_operation AS operation
CROSS JOIN LATERAL jsonb_array_elements(operation.changes) AS change
WHERE operation.image_id = %(image)s AND operation.clock <= %(clock)s
    AND (%(cells)s::text[] IS NULL OR change ->> 'id' = ANY(%(cells)s::text[]))
ORDER BY change ->> 'id', operation.clock DESC
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the timeline, from clock ``first`` to ``last``: how many cells it created, deleted and changed, and
    which engine drew them."""

    id: UUID
    first: int
    last: int
    kind: str
    actor: str
    actor_id: int | None
    created_at: datetime
    created: int
    deleted: int
    changed: int
    engine: str
    undone: bool

    @property
    def colour(self) -> str:
        """The person's; grey for somebody who is gone."""
        return "#8b95a1" if self.actor_id is None else colour_of(self.actor_id)


def _rows(query: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def get_timeline(image_id: UUID, *, before: int | None = None, cell: UUID | None = None) -> list[Entry]:
    """The newest entries, or those before a clock; with ``cell`` those that changed it."""
    params = {
        "image": image_id, "before": before if before is not None else 2**62, "limit": PAGE,
        "cell": str(cell) if cell else None,
    }  # fmt: skip
    return [Entry(*row) for row in _rows(_TIMELINE, params)]


def get_cells_at(image_id: UUID, clock: int, *, cells: list[UUID] | None = None) -> list[CellState]:
    """The cells (or those of them with these ids) that there were after operation ``clock``, by label."""
    ids = [str(cell) for cell in cells] if cells is not None else None
    rows = _rows(_STATES, {"image": image_id, "clock": clock, "cells": ids})
    states = [CellState.model_validate_json(state) for (state,) in rows if state != "null"]
    return sorted(states, key=lambda state: state.label)


def get_changed_cells(image_id: UUID, operation_id: UUID) -> list[UUID]:
    """The ids of the cells that an operation, all parts of it, changed; none for an operation of another image."""
    parts = Operation.objects.filter(image_id=image_id, pk=operation_id) | Operation.objects.filter(
        image_id=image_id, part_of_id=operation_id
    )
    return [UUID(change["id"]) for changes in parts.values_list("changes", flat=True) for change in changes]
