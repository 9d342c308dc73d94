"""Counts again what was touched, and adds the difference to the sums: how long that takes depends on what was changed,
not on how much there is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from annotation.models import ImageFigures, ImageTouch, User
from annotation.quality.figures import PLACES, CellGroup, ImageFacts, Key, Step, Work, changes, figures_of

AT_ONCE = 2000
"""Images that are counted in one transaction."""

_IMAGES = """
SELECT image.id, (image.created_at AT TIME ZONE 'UTC')::date, coalesce(image.assignee_id, 0), image.status,
    coalesce(split.split, ''), image.deleted_at IS NULL AND image.twin_of_id IS NULL
FROM annotation_image AS image
LEFT JOIN annotation_imagesplit AS split ON split.image_id = coalesce(image.twin_of_id, image.id)
WHERE image.id = ANY(%(images)s)
"""
# Half a pixel more, so that no power of two falls below itself by rounding.
_SIZE = "floor(ln(cell.area + 0.5::float8) / ln(2::float8))::int"
_LEVEL = (
    "CASE WHEN level.level > 0 THEN floor(2 * ln(level.level) / ln(2::float8))::int WHEN level.level <= 0 THEN -99 END"
)
_MEASURED = (
    "LEFT JOIN annotation_celllevel AS level ON level.cell_id = cell.id AND level.mask_version = cell.mask_version"
)
_CELLS = f"""
SELECT cell.image_id, (cell.created_at AT TIME ZONE 'UTC')::date, coalesce(cell.created_by_id, 0),
    coalesce(cell.label_class_id, 0), {_SIZE}, {_LEVEL}, count(*)
FROM annotation_annotation AS cell {_MEASURED}
WHERE cell.image_id = ANY(%(images)s) AND NOT cell.deleted GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608 - of constants
_TAKE = """
WITH chosen AS (
    SELECT DISTINCT image_id FROM annotation_imagetouch WHERE project_id = %(project)s LIMIT %(most)s
) DELETE FROM annotation_imagetouch AS touch USING chosen
WHERE touch.project_id = %(project)s AND touch.image_id = chosen.image_id RETURNING touch.image_id
"""
_STEPS = """
SELECT image_id, (created_at AT TIME ZONE 'UTC')::date, coalesce(actor_id, 0), before, after
FROM annotation_statechange WHERE image_id = ANY(%(images)s) ORDER BY image_id, created_at, id
"""
_WORK = """
SELECT image_id, day, user_id, label_class, engine, operations, created, changed, deleted, proposed, runs, milliseconds
FROM annotation_imagework WHERE image_id = ANY(%(images)s)
"""
_WHOLE = f"""
SELECT cell.image_id, count(*) FILTER (WHERE NOT deleted), max(cell.updated_at),
    avg((cell.provenance->>'score')::float8) FILTER (WHERE NOT deleted),
    coalesce(bool_or(NOT deleted AND level.cell_id IS NULL), false)
FROM annotation_annotation AS cell {_MEASURED} WHERE cell.image_id = ANY(%(images)s) GROUP BY 1
"""  # noqa: S608 - of constants
_SUM = """
INSERT INTO annotation_tally AS tally (project_id, what, monthly, day, person, label_class, split, key, ns)
SELECT %(project)s, * FROM jsonb_to_recordset(%(rows)s) AS new (
    what text, monthly boolean, day date, person bigint, label_class bigint, split text, key text, ns bigint[]
) ON CONFLICT (project_id, what, monthly, day, person, label_class, split, key)
DO UPDATE SET ns = annotation_add(tally.ns, EXCLUDED.ns)
"""
_VALUE = "CASE WHEN kind.what IN ('smallest', 'largest') THEN cell.area::float8 ELSE level.level END"
_EXTREMES = f"""
INSERT INTO annotation_extreme (project_id, image_id, what, value, cell_id, label, day, person, label_class, split)
SELECT %(project)s, image.id, kind.what, found.value, found.id, found.label, found.day, found.person, found.label_class,
    coalesce(split.split, '')
FROM annotation_image AS image
LEFT JOIN annotation_imagesplit AS split ON split.image_id = image.id
CROSS JOIN (VALUES ('smallest', 1), ('largest', -1), ('darkest', 1), ('brightest', -1)) AS kind (what, sign)
CROSS JOIN LATERAL (
    SELECT cell.id, cell.label, coalesce(cell.created_by_id, 0) AS person,
        coalesce(cell.label_class_id, 0) AS label_class,
        (cell.created_at AT TIME ZONE 'UTC')::date AS day, {_VALUE} AS value
    FROM annotation_annotation AS cell {_MEASURED}
    WHERE cell.image_id = image.id AND NOT cell.deleted AND {_VALUE} IS NOT NULL
    ORDER BY kind.sign * {_VALUE}, cell.id LIMIT 1
) AS found
WHERE image.id = ANY(%(images)s) AND image.deleted_at IS NULL AND image.twin_of_id IS NULL
"""  # noqa: S608 - of constants


def do_count_touched(project_id: UUID, *, most: int = 300) -> int:
    """Count again what changed in the project, as far as that is ``most`` images. Returns how many."""
    counted = 0
    while counted < most and ImageTouch.objects.filter(project_id=project_id).exists():
        counted += _count_some(project_id, min(AT_ONCE, most))
    return counted


def do_count_touched_of(user: User) -> None:
    """The same in all of a person's projects."""
    touched = ImageTouch.objects.filter(project__memberships__user=user).order_by()
    for project_id in list(touched.values_list("project_id", flat=True).distinct()):
        do_count_touched(project_id)


def do_count_everywhere() -> None:
    """The same in all projects: whoever looks then has little to wait for."""
    for project_id in list(ImageTouch.objects.order_by().values_list("project_id", flat=True).distinct()):
        do_count_touched(project_id, most=10_000)


@transaction.atomic
def _count_some(project_id: UUID, most: int) -> int:
    """Whatever is committed after a touch was taken away leaves another one, so nothing is missed. One at a time counts
    in a project."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(project_id)])
        cursor.execute(_TAKE, {"project": project_id, "most": most})
        images = sorted({row[0] for row in cursor.fetchall()})
    if images:
        _count(project_id, images)
    return len(images)


def _count(project_id: UUID, images: list[UUID]) -> None:
    params: dict[str, Any] = {"images": images, "project": project_id}
    facts = _facts(params)
    whole = {image: rest for image, *rest in _rows(_WHOLE, params)}
    before = {one.image_id: one for one in ImageFigures.objects.filter(image_id__in=images)}
    total: Counter[Key] = Counter()
    rows = []
    for image_id in images:
        after = figures_of(facts[image_id]) if image_id in facts else Counter[Key]()
        old = before.get(image_id)
        total.update(changes(_read(old.counted if old else []), after))
        cells, updated_at, score, unmeasured = whole.get(image_id, (0, None, None, False))
        rows.append(
            ImageFigures(
                image_id=image_id, project_id=project_id, cells=cells, score=score, updated_at=updated_at,
                unmeasured=unmeasured, counted=[[*_plain(key), n] for key, n in after.items()],
            )
        )  # fmt: skip
    fields = ("cells", "score", "updated_at", "unmeasured", "counted")
    ImageFigures.objects.bulk_create(rows, update_conflicts=True, unique_fields=["image_id"], update_fields=fields)
    _add(project_id, total)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM annotation_extreme WHERE image_id = ANY(%(images)s)", params)
        cursor.execute(_EXTREMES, params)


def _rows(query: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _facts(params: dict[str, Any]) -> dict[UUID, ImageFacts]:
    """By image."""
    facts = {image: ImageFacts(*rest) for image, *rest in _rows(_IMAGES, params)}
    for image, *group in _rows(_CELLS, params):
        facts[image].cells.append(CellGroup(*group))
    for image, *step in _rows(_STEPS, params):
        facts[image].steps.append(Step(*step))
    for image, day, user, label_class, engine, *counts in _rows(_WORK, params):
        facts[image].work.append(Work(day, user, label_class, engine, tuple(counts)))
    return facts


def _plain(key: Key) -> tuple[Any, ...]:
    return (key.what, key.day.isoformat(), *key[2:])


def _read(counted: Iterable[list[Any]]) -> list[tuple[Key, int]]:
    return [(Key(what, date.fromisoformat(day), *rest), n) for what, day, *rest, n in counted]


def _add(project_id: UUID, found: Counter[Key]) -> None:
    """To the sums by day and by month."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for (what, day, *rest, place), n in found.items():
        at = _AT[what][place]
        for row in ((what, False, day, *rest), (what, True, day.replace(day=1), *rest)):
            ns = sums.get(row)
            if ns is None:
                ns = sums[row] = [0] * len(PLACES[what])
            ns[at] += n
    names = ("what", "monthly", "day", "person", "label_class", "split", "key", "ns")
    rows = [dict(zip(names, (*row, ns), strict=True)) for row, ns in sorted(sums.items()) if any(ns)]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_SUM, {"project": project_id, "rows": json.dumps(rows, default=date.isoformat)})


_AT = {what: {place: number for number, place in enumerate(places)} for what, places in PLACES.items()}
