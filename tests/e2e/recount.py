"""What the dashboards must say, counted again from the rows of the running application: plainly, and all at once."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2.extras import DictCursor, DictRow

from tests.running import App
from webapp.embedded.postgres import Postgres

PAUSE_S = 120


def rows(app: App, query: str, project: str) -> list[DictRow]:
    with (
        contextlib.closing(psycopg2.connect(Postgres(app.data).url, cursor_factory=DictCursor)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(query, {"project": project})
        return list(cursor.fetchall())


def log_of(app: App, project: str) -> list[DictRow]:
    """All operations in the project, oldest first."""
    return rows(
        app,
        """SELECT operation.*, person.username FROM annotation_operation AS operation
        JOIN annotation_image AS image ON image.id = operation.image_id
        JOIN annotation_user AS person ON person.id = operation.actor_id
        WHERE image.project_id = %(project)s ORDER BY operation.created_at""",
        project,
    )


def steps_of(app: App, project: str) -> list[DictRow]:
    return rows(
        app,
        """SELECT step.*, person.username, image.twin_of_id FROM annotation_statechange AS step
        JOIN annotation_image AS image ON image.id = step.image_id
        JOIN annotation_user AS person ON person.id = step.actor_id
        WHERE step.project_id = %(project)s ORDER BY step.created_at, step.id""",
        project,
    )


def images_of(app: App, project: str) -> list[DictRow]:
    return rows(
        app,
        """SELECT * FROM annotation_image
        WHERE project_id = %(project)s AND deleted_at IS NULL AND twin_of_id IS NULL""",
        project,
    )


def people(log: list[DictRow], steps: list[DictRow]) -> dict[str, list[Any]]:
    """By name: a row of the People dashboard."""
    sums: dict[str, Counter[str]] = {}
    last: dict[str, datetime] = {}
    begun: set[tuple[str, Any]] = set()
    for operation in log:
        mine, name, at = (
            sums.setdefault(operation["username"], Counter()),
            operation["username"],
            operation["created_at"],
        )
        gap = (at - last.get(name, at)).total_seconds()
        last[name] = at
        mine["operations"] += 1
        mine["ms"] += round(1000 * gap) if gap <= PAUSE_S else 0
        begun.add((name, operation["image_id"]))
        for change in operation["changes"]:
            new, gone = change["before"] is None, change["after"] is None
            mine["created" if new else "deleted" if gone else "changed"] += 1
    for name, _ in begun:
        sums[name]["begun"] += 1
    owners: dict[Any, str] = {}
    reviewed: set[Any] = set()
    for step in steps:
        if step["after"] == "submitted":
            owners[step["image_id"]] = step["username"]
            sums[step["username"]]["handed_in"] += 1
        elif step["after"] in ("accepted", "returned") and step["image_id"] not in reviewed:
            reviewed.add(step["image_id"])
            if step["image_id"] in owners:
                sums[owners[step["image_id"]]][step["after"]] += 1
    return {name: _row(mine) for name, mine in sums.items()}


def _row(mine: Counter[str]) -> list[Any]:
    per_cell = round(mine["operations"] / mine["created"], 2) if mine["created"] else None
    words = ("begun", "operations", "created", "changed", "deleted")
    reviews = ("handed_in", "accepted", "returned")
    return [*(mine[word] for word in words), round(mine["ms"] / 60_000, 1), per_cell, *(mine[word] for word in reviews)]


def cells(log: list[DictRow], images: list[DictRow]) -> dict[Any, Counter[int]]:
    """By image the live cells' areas: what the log leaves."""
    shown = {image["id"] for image in images}
    live: dict[str, tuple[Any, int]] = {}
    for operation in log:
        for change in operation["changes"]:
            live.pop(change["id"], None)
            if change["after"] and operation["image_id"] in shown:
                area = sum(change["after"]["mask"]["counts"][1::2])
                live[change["id"]] = (operation["image_id"], math.floor(math.log2(area)))
    found: dict[Any, Counter[int]] = {}
    for image, size in live.values():
        found.setdefault(image, Counter())[size] += 1
    return found
