"""What the dashboards show: for each a few charts that answer a question, and the table behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotation.models import DayWork, Image, ImageStatus, Membership, StateChange
from annotation.reports.charts import Chart

DAYS = 14
"""Of the burn-up, unless other days are asked for."""
KEPT_S = 300
"""Sums over all cells are this old at most."""
_WAITING = (ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dashboard is about; days are UTC, ``until`` included. What is None asks nothing."""

    since: date | None = None
    until: date | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``rows`` are the table under ``header``."""

    name: str
    title: str
    charts: list[Chart]
    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def _images(project_id: UUID) -> QuerySet[Image]:
    return Image.objects.filter(project_id=project_id, deleted_at=None, twin_of=None)


def _within(rows: QuerySet[Any], asked: Asked, day: str, person: str) -> QuerySet[Any]:
    wanted = {f"{day}__gte": asked.since, f"{day}__lte": asked.until, person: asked.person}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


# --- overview ---------------------------------------------------------------------------------------------------------


def get_overview(project_id: UUID, asked: Asked) -> Dashboard:
    """Progress by state, images handed in and accepted by day, and when the rest will be accepted at that pace."""
    images = _within(_images(project_id), Asked(person=asked.person), "created_at__date", "assignee_id")
    counts = dict(images.order_by().values_list("status").annotate(Count("pk")))
    done, total = counts.get(ImageStatus.ACCEPTED, 0), sum(counts.values())
    states = Chart(
        "states",
        "How far are we?",
        f"{done:,} of {total:,} images accepted",
        ("images",),
        [(str(state.label), (counts.get(state, 0),)) for state in ImageStatus],
    )
    days = _days(project_id, asked)
    accepted = sum(row[2] for row in days)
    burn = Chart(
        "days",
        "How long until everything is accepted?",
        _forecast(total - done, accepted / max(len(days), 1)),
        ("handed in", "accepted"),
        [(f"{day:%d %b}", (submitted, done)) for day, submitted, done in days],
    )
    waiting = _waiting(project_id, sum(counts.get(state, 0) for state in _WAITING))
    return Dashboard("overview", "Overview", [states, burn, waiting], ("day", "handed in", "accepted"), list(days))


def _days(project_id: UUID, asked: Asked) -> list[tuple[date, int, int]]:
    """(day, handed in, accepted) for every day that is asked for, a year at most."""
    until = asked.until or timezone.now().date()
    since = max(asked.since or until - timedelta(days=DAYS - 1), until - timedelta(days=366))
    steps = StateChange.objects.filter(project_id=project_id, after__in=(ImageStatus.SUBMITTED, ImageStatus.ACCEPTED))
    steps = _within(steps, Asked(since, until, asked.person), "created_at__date", "actor_id")
    rows = steps.order_by().annotate(day=TruncDate("created_at")).values_list("day", "after").annotate(Count("pk"))
    found = {(day, after): number for day, after, number in rows}
    listed = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return [
        (day, found.get((day, ImageStatus.SUBMITTED), 0), found.get((day, ImageStatus.ACCEPTED), 0)) for day in listed
    ]


def _forecast(left: int, pace: float) -> str:
    if left == 0:
        return "Everything is accepted"
    if pace == 0:
        return f"{left:,} images left; none was accepted in these days"
    return f"About {math.ceil(left / pace):,} days, at {pace:,.1f} accepted a day"


def _waiting(project_id: UUID, number: int) -> Chart:
    """What waits longest for its review."""
    waiting = _images(project_id).filter(status__in=_WAITING)
    since = Max("state_changes__created_at", filter=Q(state_changes__after=ImageStatus.SUBMITTED))
    oldest = waiting.annotate(since=since).order_by("since", "pk").values_list("name", "since")[:10]
    now = timezone.now()
    rows = [(name, ((now - at).total_seconds() / 3600,)) for name, at in oldest if at]
    return Chart("waiting", "What waits longest for review?", f"{number:,} images wait", ("hours",), rows)


# --- people -----------------------------------------------------------------------------------------------------------


def get_people(project_id: UUID, asked: Asked) -> Dashboard:
    """What everybody did: from the sums of the operation log and the steps of images."""
    rows = _within(DayWork.objects.filter(project_id=project_id), asked, "day", "user_id")
    sums = {
        user: values
        for user, *values in rows.order_by()
        .values_list("user_id")
        .annotate(Sum("operations"), Sum("created"), Sum("changed"), Sum("deleted"), Sum("seconds"))
    }
    handed, first, sent = _handed_in(project_id, asked), *_reviews(project_id, asked)
    members = Membership.objects.filter(project_id=project_id).order_by("user__username")
    people = list(members.values_list("user_id", "user__username"))
    table = []
    for user, name in people:
        if asked.person in (None, user):
            operations, created, changed, deleted, seconds = sums.get(user, (0, 0, 0, 0, 0.0))
            minutes = round(seconds / 60, 1)
            reviews = (handed.get(user, 0), first.get(user, 0), sent.get(user, 0))
            table.append((name, operations, created, changed, deleted, minutes, *reviews))
    cells, accepted = sum(row[2] for row in table), sum(row[7] for row in table)
    charts = [
        Chart("cells", "Who draws how many cells?", f"{cells:,} cells", ("new", "changed"),
              [(row[0], (row[2], row[3])) for row in table]),
        Chart("time", "How much time goes into it?", f"{sum(row[5] for row in table):,.0f} minutes", ("minutes",),
              [(row[0], (row[5],)) for row in table]),
        Chart("reviews", "Whose images are accepted at first review?", f"{accepted:,} images", ("at once", "sent back"),
              [(row[0], (row[7], row[8])) for row in table]),
    ]  # fmt: skip
    header = (
        "person", "operations", "cells created", "cells changed", "cells deleted", "active minutes", "handed in",
        "accepted at first review", "sent back at first review",
    )  # fmt: skip
    return Dashboard("people", "People", charts, header, table)


def _handed_in(project_id: UUID, asked: Asked) -> dict[int, int]:
    steps = StateChange.objects.filter(project_id=project_id, after=ImageStatus.SUBMITTED, actor__isnull=False)
    steps = _within(steps, asked, "created_at__date", "actor_id")
    return dict(steps.order_by().values_list("actor_id").annotate(Count("pk")))


_FIRST_REVIEWS = """
SELECT image.assignee_id, first.after, count(*) FROM (
    SELECT DISTINCT ON (image_id) image_id, after FROM annotation_statechange
    WHERE project_id = %(project)s AND after IN ('accepted', 'returned')
        AND (%(since)s::date IS NULL OR created_at >= %(since)s::date)
        AND (%(until)s::date IS NULL OR created_at < %(until)s::date + 1)
    ORDER BY image_id, created_at, id
) AS first JOIN annotation_image AS image ON image.id = first.image_id
WHERE image.assignee_id IS NOT NULL GROUP BY 1, 2
"""


def _reviews(project_id: UUID, asked: Asked) -> tuple[dict[int, int], dict[int, int]]:
    """For each annotator how many images were accepted and how many sent back at the first review."""
    found: dict[str, dict[int, int]] = {"accepted": {}, "returned": {}}
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_REVIEWS, {"project": project_id, "since": asked.since, "until": asked.until})
        for user, after, number in cursor.fetchall():
            found[after][user] = number
    return found["accepted"], found["returned"]


# --- models -----------------------------------------------------------------------------------------------------------


def get_models(project_id: UUID, asked: Asked) -> Dashboard:
    """The labour ledger: what people had to do to each engine's cells."""
    rows = _within(DayWork.objects.filter(project_id=project_id), asked, "day", "user_id")
    sums = rows.order_by("engine").values_list("engine").annotate(
        Sum("proposed"), Sum("created"), Sum("changed"), Sum("deleted"), Sum("seconds")
    )  # fmt: skip
    table = []
    for engine, proposed, created, changed, deleted, seconds in sums:
        cells = proposed + created
        per_cell = [round(value / cells, 2) if cells else 0.0 for value in (changed + deleted, seconds)]
        table.append((engine or "by hand", proposed, created, changed, deleted, round(seconds / 60, 1), *per_cell))
    cells = sum(row[1] + row[2] for row in table)
    charts = [
        Chart("cells", "Where do cells come from?", f"{cells:,} cells", ("found by a run", "by click or hand"),
              [(row[0], (row[1], row[2])) for row in table]),
        Chart("edits", "How many corrections does a cell need?", "Changed or deleted, per cell", ("corrections",),
              [(row[0], (row[6],)) for row in table]),
        Chart("seconds", "How much time does a cell take?", "Active seconds per cell", ("seconds",),
              [(row[0], (row[7],)) for row in table]),
    ]  # fmt: skip
    header = (
        "model", "cells of runs", "cells by click or hand", "changed", "deleted", "active minutes",
        "corrections per cell", "seconds per cell",
    )  # fmt: skip
    return Dashboard("models", "Models", charts, header, table)


# --- data -------------------------------------------------------------------------------------------------------------

_CELLS = """
SELECT coalesce(label_class.name, ''), floor(log(2.0, cell.area))::int, count(*), min(cell.area), max(cell.area)
FROM annotation_annotation AS cell
JOIN annotation_image AS image ON image.id = cell.image_id
LEFT JOIN annotation_labelclass AS label_class ON label_class.id = cell.label_class_id
WHERE NOT cell.deleted AND image.project_id = %s AND image.deleted_at IS NULL AND image.twin_of_id IS NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""


def get_data(project_id: UUID, _asked: Asked) -> Dashboard:
    """Which classes there are and how large cells are."""
    key = f"dashboards.data.{project_id}"
    found: list[tuple[str, int, int, int, int]] | None = cache.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, [project_id])
            found = [tuple(row) for row in cursor.fetchall()]
        cache.set(key, found, KEPT_S)
    classes: dict[str, int] = {}
    sizes: dict[int, int] = {}
    for name, power, number, _, _ in found:
        classes[name or "no class"] = classes.get(name or "no class", 0) + number
        sizes[power] = sizes.get(power, 0) + number
    total = sum(classes.values())
    charts = [
        Chart("classes", "Are the classes balanced?", f"{total:,} cells in {len(classes)} classes", ("cells",),
              [(name, (number,)) for name, number in sorted(classes.items(), key=lambda one: -one[1])]),
        Chart("sizes", "How large are cells?", "Areas in pixels, each bar twice the one before", ("cells",),
              [(f"{2**power:,} to {2 ** (power + 1) - 1:,}", (sizes[power],)) for power in sorted(sizes)]),
    ]  # fmt: skip
    header = ("class", "area from", "area to", "cells", "smallest", "largest")
    rows = [(name or "no class", 2**p, 2 ** (p + 1) - 1, number, low, high) for name, p, number, low, high in found]
    return Dashboard("data", "Data", charts, header, rows)


DASHBOARDS: dict[str, Callable[[UUID, Asked], Dashboard]] = {
    "overview": get_overview,
    "people": get_people,
    "models": get_models,
    "data": get_data,
}
