"""What the cells are: classes, sizes, brightness, and those that stand out."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from annotation.models import Extreme
from annotation.quality.figures import DARK
from annotation.reports.asked import Asked, class_names, counted, tallied
from annotation.reports.charts import Chart, Dashboard

HEADER = ("class", "area from", "area to", "cells")
_KINDS = {"smallest": "size", "largest": "size", "darkest": "level", "brightest": "level"}
EACH = 5
"""Cells that stand out in one direction."""


def get_data(project_id: UUID, asked: Asked) -> Dashboard:
    """Of live cells: how many there are of each class, size and brightness, and the extreme ones of the images."""
    names = class_names(project_id)
    sizes: Counter[int] = Counter()
    classes: Counter[int] = Counter()
    rows = []
    for label_class, key, n in tallied(project_id, asked, "size", ["label_class"]):
        sizes[key] += n
        classes[label_class] += n
        rows.append((names.get(label_class, "no class"), 2**key, 2 ** (key + 1) - 1, n))
    levels: Counter[int] = Counter(dict(tallied(project_id, asked, "level")))
    measured = levels.total()
    charts = [
        Chart("classes", "Are the classes balanced?", _balance(classes), ("cells",),
              [(names.get(key, "no class"), (n,)) for key, n in classes.most_common()]),
        Chart("sizes", "How large are cells?", "Areas in pixels, each bar twice the one before", ("cells",),
              [(f"{2**key:,} to {2 ** (key + 1) - 1:,}", (sizes[key],)) for key in sorted(sizes)]),
        Chart("brightness", "How bright are cells?", f"Mean values of the first channel, {counted(measured, 'cell')}",
              ("cells",), [(_level(key), (levels[key],)) for key in sorted(levels)]),
        _outliers(project_id, asked, {"size": sizes, "level": levels}),
    ]  # fmt: skip
    return Dashboard("data", "Data", charts, HEADER, sorted(rows))


def _balance(classes: Counter[int]) -> str:
    return f"{counted(classes.total(), 'cell')} in {counted(len(classes), 'class', 'classes')}"


def _level(key: int) -> str:
    return "0 or less" if key == DARK else " to ".join(_number(2 ** (half / 2)) for half in (key, key + 1))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _median(found: Counter[int]) -> int | None:
    seen, half = 0, found.total() / 2
    for key in sorted(found):
        seen += found[key]
        if seen >= half:
            return key
    return None


def _outliers(project_id: UUID, asked: Asked, sums: dict[str, Counter[int]]) -> Chart:
    """The smallest, largest, darkest and brightest cells, an image's one of each at most, with how many times the usual
    value theirs is: the middle of the range in which the median is."""
    usual = {"size": _middle(sums["size"], 1), "level": _middle(sums["level"], 2)}
    found = []
    for what, kind in _KINDS.items():
        middle = usual[kind]
        for one in _extremes(project_id, asked, what):
            values = (one.value, one.value / middle if middle else None)
            label = f"{what}: {one.image.name}, cell {one.label}"
            found.append((label, values, f"/images/{one.image_id}/#cell={one.cell_id}"))
    return Chart(
        "outliers",
        "Which cells stand out?",
        "Area or brightness, and times the usual",
        ("value", "times the usual"),
        [(label, values) for label, values, _ in found],
        links=[link for _, _, link in found],
        apart=True,
    )


def _middle(found: Counter[int], steps: int) -> float | None:
    """Of the range with the median; ranges double with each ``steps``."""
    key = _median(found)
    return None if key is None or key == DARK else float(2 ** ((key + 0.5) / steps))


def _extremes(project_id: UUID, asked: Asked, what: str) -> list[Extreme]:
    wanted: dict[str, Any] = {
        "day__gte": asked.since,
        "day__lte": asked.until,
        "person": asked.person,
        "label_class": asked.class_id,
        "split": asked.split_key,
    }
    rows = Extreme.objects.filter(project_id=project_id, what=what).select_related("image")
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return list(rows.order_by("value" if what in ("smallest", "darkest") else "-value")[:EACH])
