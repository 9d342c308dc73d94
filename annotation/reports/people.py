"""What people did, and what the work on each model's cells was: from the sums of the operation log and the steps of
images."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from annotation.models import Membership, User
from annotation.reports.asked import Asked, counted, tallied
from annotation.reports.charts import Chart, Dashboard

_OF_IMAGES = ("begun", "handed_in", "first_ok", "first_back")
PEOPLE_HEADER = (
    "person", "images begun", "operations", "cells created", "cells changed", "cells deleted", "active minutes",
    "actions per cell", "images handed in", "accepted at first review", "sent back at first review",
)  # fmt: skip
MODELS_HEADER = (
    "model", "runs", "cells of runs", "cells by click or hand", "changed", "deleted", "kept %", "active minutes",
    "corrections per cell", "seconds per cell",
)  # fmt: skip


def get_people(project_id: UUID, asked: Asked) -> Dashboard:
    """What everybody did: the members, and whoever has left and did something in these days."""
    sums: dict[int, Counter[str]] = {}
    for person, word, n in (
        *tallied(project_id, asked, "work", ["person"]),
        *tallied(project_id, asked, "step", ["person"], of_images=True),
    ):
        sums.setdefault(person, Counter())[word] += n
    table = [_person_row(name, sums.get(user, Counter())) for user, name in _people(project_id, asked, set(sums))]
    cells, accepted, minutes = (sum(row[column] for row in table) for column in (3, 9, 6))
    charts = [
        Chart("cells", "Who draws how many cells?", counted(cells, "cell"), ("new", "changed"),
              [(row[0], (row[3], row[4])) for row in table]),
        Chart("time", "How much time goes into it?", counted(round(minutes), "minute"), ("minutes",),
              [(row[0], (row[6],)) for row in table]),
        Chart("actions", "How many actions does a cell take?", "Operations for each new cell", ("operations",),
              [(row[0], (row[7],)) for row in table if row[7] is not None]),
        Chart("reviews", "Whose images are accepted at first review?", counted(accepted, "image"),
              ("at once", "sent back"), [(row[0], (row[9], row[10])) for row in table]),
    ]  # fmt: skip
    return Dashboard("people", "People", charts, PEOPLE_HEADER, table)


def _people(project_id: UUID, asked: Asked, busy: set[int]) -> list[tuple[int, str]]:
    members = set(Membership.objects.filter(project_id=project_id).values_list("user_id", flat=True))
    wanted = members | busy
    if asked.person is not None:
        wanted &= {asked.person}
    return list(User.objects.filter(pk__in=wanted).order_by("username").values_list("pk", "username"))


def _person_row(name: str, sums: Counter[str]) -> tuple[Any, ...]:
    new = sums["created"] + sums["proposed"]
    per_cell = round(sums["operations"] / new, 2) if new else None
    did = (sums["begun"], *(sums[what] for what in ("operations", "created", "changed", "deleted")))
    return (name, *did, round(sums["ms"] / 60_000, 1), per_cell, *(sums[what] for what in _OF_IMAGES[1:]))


def get_models(project_id: UUID, asked: Asked) -> Dashboard:
    """The labour ledger: what people had to do to each engine's cells."""
    sums: dict[str, Counter[str]] = {}
    for engine, word, n in tallied(project_id, asked, "work", ["key"]):
        sums.setdefault(engine, Counter())[word] += n
    table = [_model_row(engine, sums[engine]) for engine in sorted(sums)]
    cells = sum(row[2] + row[3] for row in table)
    charts = [
        Chart("cells", "Where do cells come from?", counted(cells, "cell"), ("found by a run", "by click or hand"),
              [(row[0], (row[2], row[3])) for row in table]),
        Chart("kept", "How many of a model's cells stay?", "Not deleted, in %", ("kept",),
              [(row[0], (row[6],)) for row in table if row[6] is not None]),
        Chart("edits", "How many corrections does a cell need?", "Changed or deleted, per cell", ("corrections",),
              [(row[0], (row[8],)) for row in table]),
        Chart("seconds", "How much time does a cell take?", "Active seconds per cell", ("seconds",),
              [(row[0], (row[9],)) for row in table]),
    ]  # fmt: skip
    return Dashboard("models", "Models", charts, MODELS_HEADER, table)


def _model_row(engine: str, sums: Counter[str]) -> tuple[Any, ...]:
    cells = sums["proposed"] + sums["created"]
    kept = round(100 * max(cells - sums["deleted"], 0) / cells, 1) if cells else None
    corrections, seconds = sums["changed"] + sums["deleted"], sums["ms"] / 1000
    per_cell = [round(value / cells, 2) if cells else 0.0 for value in (corrections, seconds)]
    did = tuple(sums[what] for what in ("runs", "proposed", "created", "changed", "deleted"))
    return (engine or "by hand", *did, kept, round(seconds / 60, 1), *per_cell)
