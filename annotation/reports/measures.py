"""Figures of a project's cells: distributions by class, image or split, and pairs of figures as points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q, Sum
from numpy.typing import NDArray

from annotation.datasets.measured import INTENSITIES, PLACES, SHAPES, Table
from annotation.datasets.measurements import channel_name
from annotation.models import Image, ImageMeasures, LabelClass

BINS = 32
MOST_GROUPS = 500
MOST_POINTS = 3000
_CLASS, _X, _Y = PLACES.index("class"), SHAPES.index("centroid_x"), SHAPES.index("centroid_y")
_POWERS = {"area_px": 2, "eccentricity": 0}
"""Of a length; all other shapes are lengths."""
UNITS = {0: ("", ""), 1: ("px", "µm"), 2: ("px²", "µm²")}
MEASURES = {
    "area_px": "Area",
    "equivalent_diameter_px": "Equivalent diameter",
    "perimeter_px": "Perimeter",
    "major_axis_px": "Major axis",
    "minor_axis_px": "Minor axis",
    "eccentricity": "Eccentricity",
    "mean": "Mean intensity",
    "std": "Standard deviation of intensity",
    "min": "Smallest value",
    "max": "Largest value",
    "sum": "Sum of values",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One of MEASURES; of ``channel`` by its name where it is an intensity; lengths in µm where ``physical``."""

    measure: str
    channel: str = ""
    physical: bool = False

    @property
    def unit(self) -> str:
        """Empty for what has none."""
        power = _POWERS.get(self.measure, 1) if self.measure in SHAPES else 0
        return UNITS[power][self.physical]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which cells: of these classes (0: of none) and splits; None asks nothing."""

    classes: frozenset[int] | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """An image's chosen cells."""

    image: Image
    table: Table
    rows: NDArray[np.intp]


@dataclass(slots=True)
class Group:
    """Cells of one class, image or split. ``quartiles`` are the 0th, 25th, 50th, 75th and 100th percentile; ``counts``
    are cells in each bin of the whole."""

    key: str
    name: str
    cells: int
    mean: float
    sd: float
    quartiles: list[float]
    counts: list[int]


@dataclass(slots=True)
class Distribution:
    """``edges`` are BINS + 1 values of the figure. ``without`` is how many cells do not have it: of an image without
    this channel, or without the size of its pixels. ``group_count`` may be more than there are in ``groups``."""

    unit: str
    edges: list[float]
    groups: list[Group]
    group_count: int
    without: int


@dataclass(slots=True)
class Points:
    """A column for each property; a sample where there are more than MOST_POINTS ``cells``."""

    x_unit: str
    y_unit: str
    cells: int
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def _measured(project_id: UUID) -> Any:
    found = ImageMeasures.objects.filter(image__project_id=project_id, image__deleted_at=None, image__twin_of=None)
    return found.order_by("image__created_at", "image_id")


def _parts(project_id: UUID, chosen: Chosen) -> Iterator[_Part]:
    found = _measured(project_id).filter(cells__gt=0).select_related("image__split")
    if chosen.split is not None:
        wanted = Q(image__split__split=chosen.split) if chosen.split else Q(image__split=None)
        found = found.filter(wanted)
    for kept in found.iterator(chunk_size=200):
        table = Table.of(kept.figures, kept.places, kept.ids)
        rows = np.arange(len(table.places))
        if chosen.classes is not None:
            rows = rows[np.isin(table.places[:, _CLASS], list(chosen.classes))]
        yield _Part(kept.image, table, rows)


def _values(part: _Part, figure: Figure) -> NDArray[np.float64] | None:
    """A value for each of the part's rows; None where the image does not have it."""
    names = [channel_name(info["name"], number) for number, info in enumerate(part.image.channel_info)]
    factor = 1.0
    if figure.measure in SHAPES:
        column = SHAPES.index(figure.measure)
        power = _POWERS.get(figure.measure, 1)
        if figure.physical and power:
            x_um, y_um = part.image.pixel_um_x, part.image.pixel_um_y
            # A length has one factor only where pixels are square; an area always has.
            if x_um is None or y_um is None or (power == 1 and not np.isclose(x_um, y_um, rtol=1e-3)):
                return None
            factor = (x_um * y_um) ** (power / 2)
    elif figure.channel in names:
        column = len(SHAPES) + len(INTENSITIES) * names.index(figure.channel) + INTENSITIES.index(figure.measure)
    else:
        return None
    values: NDArray[np.float64] = part.table.figures[part.rows, column].astype(np.float64) * factor
    return values


def get_measured(project_id: UUID) -> dict[str, Any]:
    """How many images and cells are measured, and the channels that there are, in their order."""
    found = _measured(project_id)
    names: dict[str, None] = {}
    for info in found.order_by().values_list("image__channel_info", flat=True).distinct():
        names |= dict.fromkeys(channel_name(one["name"], number) for number, one in enumerate(info))
    sums = found.aggregate(cells=Sum("cells"))
    physical = found.filter(image__pixel_um_x__isnull=False, image__pixel_um_y__isnull=False).exists()
    return {"images": found.count(), "cells": sums["cells"] or 0, "channels": list(names), "physical": physical}


def get_distribution(project_id: UUID, figure: Figure, chosen: Chosen, *, by: str) -> Distribution:
    """``by`` is class, image, split, or empty for all cells together."""
    names = {0: "no class", **dict(LabelClass.objects.filter(project_id=project_id).values_list("pk", "name"))}
    found: dict[str, tuple[str, list[NDArray[np.float64]]]] = {}
    without = 0
    for part in _parts(project_id, chosen):
        values = _values(part, figure)
        if values is None:
            without += len(part.rows)
            continue
        for key, name, mask in _groups(part, names, by):
            found.setdefault(key, (name, []))[1].append(values if mask is None else values[mask])
    whole = {key: (name, np.concatenate(lists)) for key, (name, lists) in found.items()}
    edges = _edges([values for _, values in whole.values()])
    filled = {key: one for key, one in whole.items() if len(one[1])}
    groups = [_group(key, name, values, edges) for key, (name, values) in list(filled.items())[:MOST_GROUPS]]
    return Distribution(figure.unit, edges.tolist(), groups, len(filled), without)


def _groups(part: _Part, names: dict[int, str], by: str) -> Iterator[tuple[str, str, NDArray[np.bool_] | None]]:
    """Key and name of each group that the part's cells are in, and which of them; None for all."""
    if by == "class":
        classes = part.table.places[part.rows, _CLASS]
        for number in np.unique(classes).tolist():
            yield str(number), names.get(number, "no class"), classes == number
    elif by == "image":
        yield str(part.image.pk), part.image.name, None
    elif by == "split":
        split = part.image.split.split if hasattr(part.image, "split") else ""
        yield split, split or "no place yet", None
    else:
        yield "", "All cells", None


def _edges(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """From the 0.5th to the 99.5th percentile, so that one giant does not flatten all others; what lies beyond is in
    the first and the last bin."""
    every = np.concatenate(values) if values else np.zeros(0)
    low, high = np.percentile(every, [0.5, 99.5]) if len(every) else (0.0, 1.0)
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def _group(key: str, name: str, values: NDArray[np.float64], edges: NDArray[np.float64]) -> Group:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return Group(
        key, name, len(values), float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        np.percentile(values, [0, 25, 50, 75, 100]).tolist(), counts.tolist(),
    )  # fmt: skip


def get_points(project_id: UUID, figures: tuple[Figure, Figure], chosen: Chosen) -> Points:
    """Two figures of each cell that has both; where they are many the same sample each time."""
    parts, pairs = [], []
    for part in _parts(project_id, chosen):
        x, y = (_values(part, figure) for figure in figures)
        if x is not None and y is not None and len(x):
            parts.append(part)
            pairs.append(np.stack([x, y]))
    total = sum(len(part.rows) for part in parts)
    found = Points(figures[0].unit, figures[1].unit, total)
    taken = np.arange(total)
    if total > MOST_POINTS:
        taken = np.sort(np.random.default_rng(0).choice(total, MOST_POINTS, replace=False))
    start = 0
    for part, pair in zip(parts, pairs, strict=True):
        here = taken[(taken >= start) & (taken < start + len(part.rows))] - start
        start += len(part.rows)
        for index in here.tolist():
            _add_point(found, part, int(part.rows[index]), pair[:, index])
    return found


def _add_point(found: Points, part: _Part, row: int, pair: NDArray[np.float64]) -> None:
    _, t, z, label_class = part.table.places[row].tolist()
    x, y = part.table.figures[row, [_X, _Y]].tolist()
    cell = part.table.id(row)
    found.x.append(float(pair[0]))
    found.y.append(float(pair[1]))
    found.classes.append(label_class)
    found.ids.append(str(cell))
    found.images.append(part.image.name)
    found.links.append(f"/images/{part.image.pk}/#x={x:.0f}&y={y:.0f}&zoom=4&t={t}&z={z}&cell={cell}")
