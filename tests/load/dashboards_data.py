"""Two large projects, loaded by COPY: what a lab has after a year, and one a tenth of that."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

MEMBERS = 50
CELLS, OPERATIONS = 10, 100
"""Of each image."""
STATES = ("new", "assigned", "in_progress", "submitted", "in_review", "accepted", "returned")
_NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
_YEAR_MIN = 360 * 24 * 60
_ENGINES = ("", "starter", "sam")
_SPLITS = ("train", "train", "train", "validation", "test")


@contextlib.contextmanager
def without_checks(table: str) -> Iterator[None]:
    """Its indexes and references are made after it is filled: all at once is several times faster."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC""",
            [table],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            """SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN
            (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)""",
            [table, table],
        )
        indexes = cursor.fetchall()
        for name, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """A hundred thousand rows at a time."""
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while some := list(islice(waiting, 100_000)):
            text = "\n".join("\t".join("\\N" if value is None else str(value) for value in row) for row in some)
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(text))


def image_rows(project: UUID, images: list[UUID], first: int) -> Iterator[tuple[Any, ...]]:
    for n, image in enumerate(images):
        status = STATES[n % 7]
        free = status == "new"
        at = made_at(n, len(images))
        yield (
            image, project, f"image {n}", status, None if free else person_of(n, first), 512, 512, 1, 1, 1, False,
            "uint8", "[]", ".tif", 1, "", "", "{}", at, OPERATIONS, CELLS + 1,
            at + timedelta(hours=6) if n % 7 in (3, 4, 5) else None,
        )  # fmt: skip


def person_of(n: int, first: int) -> int:
    """The last of the members has no images."""
    return first + (n // 7) % (MEMBERS - 1)


def made_at(n: int, of: int) -> datetime:
    return _NOW - timedelta(minutes=n * _YEAR_MIN / of)


def cell_rows(images: list[UUID], classes: list[int], first: int, rng: random.Random) -> Iterator[tuple[Any, ...]]:
    for n, image in enumerate(images):
        at = made_at(n, len(images)) + timedelta(hours=2)
        for k in range(CELLS):
            engine = _ENGINES[(n + k) % 3]
            provenance = json.dumps({"source": "auto", "engine": engine, "score": round(rng.random(), 3)})
            side = rng.randint(5, 60)
            yield (
                uuid4(), image, k + 1, 0, 0, side, side, f"{{0,{side * side}}}", side * side, rng.choice(classes), 1, 1,
                1, provenance, person_of(n, first), at, at, False, False, 0, 0,
            )  # fmt: skip


def operation_rows(images: list[UUID], first: int) -> Iterator[tuple[Any, ...]]:
    state = {
        "id": str(uuid4()), "label": 1, "version": 1, "class_id": None, "t": 0, "z": 0, "locked": False,
        "mask": {"top": 0, "left": 0, "height": 10, "width": 10, "counts": [0, 100]},
        "provenance": {"source": "hand", "engine": "", "score": None}, "created_by": "", "updated_by": "",
    }  # fmt: skip
    changes = json.dumps([{"id": state["id"], "before": None, "after": state}])
    for n, image in enumerate(images):
        at, who = made_at(n, len(images)), person_of(n, first)
        for k in range(1, OPERATIONS + 1):
            yield uuid4(), image, k, who, "edit", changes, at + timedelta(minutes=k)


def step_rows(project: UUID, images: list[UUID], first: int) -> Iterator[tuple[Any, ...]]:
    way = {3: ("submitted",), 4: ("submitted", "in_review"), 5: ("submitted", "accepted"), 6: ("submitted", "returned")}
    for n, image in enumerate(images):
        before = "in_progress"
        for k, after in enumerate(way.get(n % 7, ())):
            at = made_at(n, len(images)) + timedelta(hours=6 * (k + 1))
            yield image, project, person_of(n, first), before, after, "", OPERATIONS, at
            before = after


def work_rows(project: UUID, images: list[UUID], classes: list[int], first: int) -> Iterator[tuple[Any, ...]]:
    for n, image in enumerate(images):
        day: date = made_at(n, len(images)).date()
        for k in range(2):
            engine, label_class = _ENGINES[(n + k) % 3], classes[(n + k) % len(classes)]
            yield (
                image, project, person_of(n, first), day, engine, label_class, OPERATIONS // 2, 4, 3, 1, 1, 1, 90_000,
                made_at(n, len(images)),
            )  # fmt: skip


def fill(project: UUID, images: int, classes: list[int], first: int) -> list[UUID]:
    """All of a project's rows; ``first`` is the id of the first of its members. Returns the images, newest first."""
    rng, ids = random.Random(1), [uuid4() for _ in range(images)]  # noqa: S311 - seeded
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET maintenance_work_mem = '256MB'")
    copy(
        "annotation_image",
        """id, project_id, name, status, assignee_id, width, height, channels, size_t, size_z, rgb, dtype, channel_info,
        file_suffix, file_bytes, file_sha256, pixels_sha256, reading, created_at, clock, next_label, handed_in_at""",
        image_rows(project, ids, first),
    )
    with without_checks("annotation_annotation"):
        copy(
            "annotation_annotation",
            """id, image_id, label, top, "left", height, width, counts, area, label_class_id, version, mask_version,
            class_version, provenance, created_by_id, created_at, updated_at, deleted, locked, t, z""",
            cell_rows(ids, classes, first, rng),
        )
    with without_checks("annotation_operation"):
        copy(
            "annotation_operation",
            "id, image_id, clock, actor_id, kind, changes, created_at",
            operation_rows(ids, first),
        )
    copy(
        "annotation_statechange", "image_id, project_id, actor_id, before, after, reason, clock, created_at",
        step_rows(project, ids, first),
    )  # fmt: skip
    copy(
        "annotation_imagework",
        """image_id, project_id, user_id, day, engine, label_class, operations, created, changed, deleted, proposed,
        runs, milliseconds, last_at""",
        work_rows(project, ids, classes, first),
    )
    copy(
        "annotation_imagesplit", "image_id, project_id, \"group\", split, created_at",
        ((image, project, str(image), _SPLITS[n % 5], _NOW) for n, image in enumerate(ids) if n % 6),
    )  # fmt: skip
    copy(
        "annotation_auditentry", "kind, project_id, actor_id, actor_name, subject, details, created_at",
        (
            (kind, project, first + n % MEMBERS, "x", "", "{}", made_at(n, 2 * images))
            for n, kind in zip(range(2 * images), cycle(("export", "settings", "image_renamed")), strict=False)
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO annotation_celllevel (cell_id, mask_version, level)
            SELECT cell.id, 1, 1 + (cell.area * 7) %% 250 FROM annotation_annotation AS cell
            JOIN annotation_image AS image ON image.id = cell.image_id WHERE image.project_id = %s""",
            [project],
        )
    return ids
