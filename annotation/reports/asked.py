"""What somebody asks of a dashboard, and the sums that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from annotation.models import LabelClass, Tally
from annotation.quality.figures import ALL, PLACES

NO_SPLIT = "none"
"""How one asks for images that are in no split."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dashboard is about; days are UTC, ``until`` included. What is None asks nothing; class 0 are cells of
    none."""

    since: date | None = None
    until: date | None = None
    person: int | None = None
    class_id: int | None = None
    split: str | None = None

    @property
    def split_key(self) -> str | None:
        """As the sums have it."""
        return "" if self.split == NO_SPLIT else self.split

    def whenever(self) -> Asked:
        """The same of all days."""
        return replace(self, since=None, until=None)

    def before(self, day: date) -> Asked:
        """The same of all days before that one."""
        return replace(self, since=None, until=day - timedelta(days=1))


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _days(since: date | None, until: date | None) -> Q:
    """Whole months by their sums, the days before and after by theirs."""
    first = since if since is None or since.day == 1 else _month_after(since)
    end = None if until is None else (until + timedelta(days=1)).replace(day=1)
    if first is not None and end is not None and first >= end:
        return Q(monthly=False, day__gte=since, day__lte=until)
    whole = Q(monthly=True)
    whole &= Q(day__gte=first) if first is not None else Q()
    whole &= Q(day__lt=end) if end is not None else Q()
    if since is not None and since != first:
        whole |= Q(monthly=False, day__gte=since, day__lt=first)
    return whole | Q(monthly=False, day__gte=end, day__lte=until) if end is not None else whole


def tallied(
    project_id: UUID, asked: Asked, what: str, by: Sequence[str] = (), *, of_images: bool = False
) -> list[tuple[Any, ...]]:
    """(*by, place, n) for whatever is not 0: ``by`` are fields of Tally, places those of annotation.quality.figures.
    ``of_images``: these count images, not cells. By “day”, the days themselves are read."""
    day_by_day = Q(monthly=False, day__gte=asked.since, day__lte=asked.until)
    days = day_by_day if "day" in by else _days(asked.since, asked.until)
    rows = Tally.objects.filter(days, project_id=project_id, what=what)
    if of_images:
        rows = rows.filter(label_class=ALL if asked.class_id is None else asked.class_id)
    elif asked.class_id is not None:
        rows = rows.filter(label_class=asked.class_id)
    if asked.person is not None:
        rows = rows.filter(person=asked.person)
    if asked.split_key is not None:
        rows = rows.filter(split=asked.split_key)
    places = PLACES[what]
    sums = {f"n{number}": Sum(f"ns__{number}") for number in range(len(places))}
    found = (
        rows.order_by().values_list(*by).annotate(**sums).values_list(*by, *sums)
        if by
        else [tuple(rows.aggregate(**sums).values())]
    )
    split = len(by)
    return [(*row[:split], place, n) for row in found for place, n in zip(places, row[split:], strict=True) if n]


def class_names(project_id: UUID) -> dict[int, str]:
    """By id, in their order, the deleted ones last; 0 is no class."""
    rows = LabelClass.objects.filter(project_id=project_id).order_by("position", "id")
    found = {row.pk: row.name for row in rows if row.deleted_at is None}
    found |= {row.pk: f"{row.name} (deleted)" for row in rows if row.deleted_at is not None}
    return {**found, 0: "no class"}


def counted(number: int, one: str, many: str = "") -> str:
    """“1 cell”, “2,000 cells”."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
