"""How far people who annotated the same image independently agree: figures of pairs, and of all pairs of a person, a
class, an image or a week together. They follow from the sums that annotation.actions.comparing keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from annotation.models import Comparison, ComparisonKind, ComparisonSums, Image, User
from annotation.quality.agreement import (
    THRESHOLDS,
    Agreement,
    Sums,
    figures_of,
    fleiss_kappa,
    kappa_of_confusion,
)
from annotation.reports.asked import Asked, class_names
from annotation.reports.charts import Chart, Dashboard
from annotation.tables import csv_text

MOST = 12
"""Rows of a chart; the table has all of them."""


class By(StrEnum):
    """What figures are added up for."""

    ALL = "all"
    PERSON = "person"
    CLASS = "class"
    IMAGE = "image"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two finished annotations of one image. ``boundary`` is the mean distance of the outlines of matched cells in
    pixels, ``kappa`` Cohen's for their classes; both null without matched cells. ``kappa_of_all`` is Fleiss' kappa of
    the image's three or more people."""

    pk: int
    image: UUID
    name: str
    twin_a: UUID
    twin_b: UUID
    person_a: str
    person_b: str
    figures: Agreement
    boundary: float | None
    kappa: float | None
    kappa_of_all: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of all pairs of one person, class, image or week. ``key`` is its id or the week's Monday."""

    by: By
    key: str
    name: str
    pairs: int
    figures: Agreement
    ap_at: list[float]
    boundary: float | None
    kappa: float | None
    kappa_of_all: float | None


@dataclass(slots=True)
class _Sum:
    """Sums of some pairs."""

    pairs: int = 0
    cells: list[int] = field(default_factory=lambda: [0, 0])
    hits: list[int] = field(default_factory=lambda: [0] * len(THRESHOLDS))
    iou: float = 0.0
    shared: int = 0
    union: int = 0
    boundary: float = 0.0

    def add(self, row: dict[str, Any], *, swapped: bool) -> None:
        cells = [row["cells_a"], row["cells_b"]]
        self.cells = [kept + new for kept, new in zip(self.cells, cells[::-1] if swapped else cells, strict=True)]
        self.hits = [kept + row[f"hits_{number}"] for number, kept in enumerate(self.hits)]
        self.pairs += row["pairs"]
        self.iou += row["iou"]
        self.shared, self.union = self.shared + row["shared"], self.union + row["union"]
        self.boundary += row["boundary"]

    @property
    def sums(self) -> Sums:
        return Sums(self.cells[0], self.cells[1], tuple(self.hits), self.iou, self.shared, self.union)

    @property
    def mean_boundary(self) -> float | None:
        return self.boundary / self.hits[0] if self.hits[0] else None


def get_comparisons(project_id: UUID, kinds: Sequence[ComparisonKind], asked: Asked) -> QuerySet[Comparison]:
    """Those of the project that are asked for."""
    rows = Comparison.objects.filter(project_id=project_id, kind__in=kinds, image__deleted_at=None)
    if asked.since is not None:
        rows = rows.filter(finished_at__date__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(finished_at__date__lte=asked.until)
    if asked.person is not None:
        rows = rows.filter(Q(person_a=asked.person) | Q(person_b=asked.person))
    if asked.split_key is not None:
        rows = rows.filter(image__split__split=asked.split_key) if asked.split_key else rows.filter(image__split=None)
    return rows


PEOPLE = (ComparisonKind.PEOPLE, ComparisonKind.AGAIN)


def get_pairs(project_id: UUID, asked: Asked | None = None) -> QuerySet[Comparison]:
    """Every pair of annotations of the images that are annotated independently, with what pair_row needs."""
    whole = Prefetch("sums", ComparisonSums.objects.filter(label_class=ComparisonSums.ALL), to_attr="whole")
    rows = get_comparisons(project_id, PEOPLE, asked or Asked()).order_by("pk")
    return rows.select_related("image__consensus", "person_a", "person_b").prefetch_related(whole)


def pair_row(comparison: Comparison) -> PairRow:
    """Its figures."""
    [sums] = comparison.whole  # type: ignore[attr-defined]
    figures = figures_of(
        Sums(sums.cells_a, sums.cells_b, tuple(sums.hits), sums.iou, sums.shared, sums.union),
    )
    people = [user.username if user else "" for user in (comparison.person_a, comparison.person_b)]
    return PairRow(
        pk=comparison.pk, image=comparison.image_id, name=comparison.image.name, twin_a=comparison.a_id,
        twin_b=comparison.b_id, person_a=people[0], person_b=people[1], figures=figures,
        boundary=sums.boundary / figures.matched if figures.matched else None, kappa=comparison.kappa,
        kappa_of_all=_fleiss([comparison.image.consensus.ratings]),
    )  # fmt: skip


def _fleiss(all_ratings: Iterable[list[tuple[list[int], int]]]) -> float | None:
    """Of the cells that everybody found, in several images."""
    ratings = [rating for ratings in all_ratings for rating, number in ratings for _ in range(number)]
    return fleiss_kappa(ratings) if ratings else None


_KEYS: dict[By, tuple[str, ...]] = {
    By.ALL: (),
    By.PERSON: ("comparison__person_a", "comparison__person_b"),
    By.CLASS: ("label_class",),
    By.IMAGE: ("comparison__image",),
    By.WEEK: ("week",),
}


def get_groups(project_id: UUID, kinds: Sequence[ComparisonKind], asked: Asked, by: By) -> list[Group]:
    """The figures of pairs for each person, class, image or week: a pair counts for both its people. Of one person's
    pairs, that person is A. Kappas are of all classes."""
    comparisons = get_comparisons(project_id, kinds, asked)
    sums = _sums(comparisons, by, asked.class_id)
    names = class_names(project_id) if by == By.CLASS else _names(by, list(sums))
    confusions, ratings = _classes(comparisons, by)
    found = []
    for key in sorted(sums, key=lambda one: (names.get(one, ""), str(one))):
        figures = figures_of(sums[key].sums)
        found.append(
            Group(
                by=by, key=str(key), name=names.get(key, ""), pairs=sums[key].pairs, figures=figures,
                ap_at=[_precision(hits, sums[key].cells) for hits in sums[key].hits],
                boundary=sums[key].mean_boundary, kappa=kappa_of_confusion(confusions.get(key, [])),
                kappa_of_all=_fleiss(ratings.get(key, {}).values()),
            )
        )  # fmt: skip
    return found


def _precision(hits: int, cells: list[int]) -> float:
    return hits / (sum(cells) - hits) if sum(cells) > hits else 1.0


def _sums(comparisons: QuerySet[Comparison], by: By, class_id: int | None) -> dict[Any, _Sum]:
    rows: Any = ComparisonSums.objects.filter(comparison__in=comparisons)
    if class_id is None and by == By.CLASS:
        rows = rows.exclude(label_class=ComparisonSums.ALL)
    else:
        rows = rows.filter(label_class=ComparisonSums.ALL if class_id is None else class_id)
    hits = {f"hits_{number}": Sum(f"hits__{number}") for number in range(len(THRESHOLDS))}
    plain = {name: Sum(name) for name in ("cells_a", "cells_b", "iou", "shared", "union", "boundary")}
    found: dict[Any, _Sum] = {}
    rows = rows.annotate(week=TruncWeek("comparison__finished_at")) if by == By.WEEK else rows
    for row in rows.order_by().values(*_KEYS[by]).annotate(**hits, **plain, pairs=Count("pk")):
        for place, key in enumerate(_keys(by, tuple(row[name] for name in _KEYS[by]))):
            found.setdefault(key, _Sum()).add(row, swapped=place == 1)
    return found


def _keys(by: By, values: tuple[Any, ...]) -> list[Any]:
    if by == By.ALL:
        return [""]
    if by == By.WEEK:
        return [values[0].date()]
    return [key for key in dict.fromkeys(values) if key is not None]


def _classes(comparisons: QuerySet[Comparison], by: By) -> tuple[dict[Any, list[Any]], dict[Any, dict[UUID, Any]]]:
    """The confusions of classes, and what everybody said of the images, of each group; nothing by class."""
    confusions: dict[Any, list[Any]] = {}
    ratings: dict[Any, dict[UUID, Any]] = {}
    if by == By.CLASS:
        return confusions, ratings
    values: Callable[[Comparison], tuple[Any, ...]] = {
        By.ALL: lambda _: (),
        By.PERSON: lambda one: (one.person_a_id, one.person_b_id),
        By.IMAGE: lambda one: (one.image_id,),
        By.WEEK: lambda one: (one.week,),
    }[by]
    for one in comparisons.annotate(week=TruncWeek("finished_at")).select_related("image__consensus"):
        for key in _keys(by, values(one)):
            confusions.setdefault(key, []).extend(one.confusion)
            ratings.setdefault(key, {})[one.image_id] = one.image.consensus.ratings
    return confusions, ratings


def _names(by: By, keys: list[Any]) -> dict[Any, str]:
    if by == By.PERSON:
        return dict(User.objects.filter(pk__in=keys).values_list("pk", "username"))
    if by == By.IMAGE:
        return dict(Image.objects.filter(pk__in=keys).values_list("pk", "name"))
    return {key: f"{key:%d %b %Y}" if by == By.WEEK else "all" for key in keys}


def get_confusion(project_id: UUID, asked: Asked) -> Counter[tuple[str, str]]:
    """How often cells that both people found were given which two classes, whoever said which."""
    names = class_names(project_id)
    found: Counter[tuple[str, str]] = Counter()
    for rows in get_comparisons(project_id, [ComparisonKind.PEOPLE], asked).values_list("confusion", flat=True):
        for one, other, number in rows:
            found[names.get(min(one, other), "?"), names.get(max(one, other), "?")] += number
    return found


HEADER = (
    "of", "name", "pairs", "cells a", "cells b", "matched", "AP at 0.5", "AP 0.5 to 0.95", "F1", "PQ", "AJI",
    "boundary px", "Cohen's kappa", "Fleiss' kappa",
)  # fmt: skip


def get_agreement_dashboard(project_id: UUID, asked: Asked) -> Dashboard:
    """How far people agree, and where they do not."""
    people = [ComparisonKind.PEOPLE]
    groups = {by: get_groups(project_id, people, asked, by) for by in (By.ALL, By.PERSON, By.CLASS, By.WEEK)}
    again = get_groups(project_id, [ComparisonKind.AGAIN], asked, By.PERSON)
    table = [group_values(group) for found in groups.values() for group in found]
    table += [("person, twice", *group_values(group)[1:]) for group in again]
    return Dashboard(
        "agreement", "Agreement", agreement_charts(groups, get_confusion(project_id, asked)), HEADER, table
    )


def agreement_charts(groups: dict[By, list[Group]], confusion: Counter[tuple[str, str]]) -> list[Chart]:
    """Of everybody, by person, class and week, and which classes are taken for each other."""
    everything = groups[By.ALL][0] if groups[By.ALL] else None
    if everything is None:
        precision, answer, agreed = [], "Nothing is compared yet", "No class was compared"
    else:
        pairs = f"{everything.pairs:,} pair{'' if everything.pairs == 1 else 's'} of annotations"
        precision = [(f"IoU {at}", (round(100 * ap, 1),)) for at, ap in zip(THRESHOLDS, everything.ap_at, strict=True)]
        answer = f"F1 {everything.figures.f1:.2f}, panoptic quality {everything.figures.pq:.2f}, of {pairs}"
        agreed = _kappas(everything)
    confused = [(f"{one} / {other}", (number,)) for (one, other), number in confusion.most_common() if one != other]
    return [
        Chart("precision", "How far do people agree?", answer, ("average precision in %",), precision),
        _f1("people", "Who agrees with the others?", "Each person’s pairs with others", groups[By.PERSON]),
        _f1("classes", "Which classes do they agree on?", "Cells of one class only", groups[By.CLASS]),
        _f1("weeks", "Does it get better?", "By the week in which they were handed in", groups[By.WEEK][-MOST:]),
        Chart("confusion", "Which classes are taken for each other?", agreed, ("cells",), confused[:MOST]),
    ]


def _kappas(group: Group) -> str:
    said = [
        f"{name} kappa {value:.2f}"
        for name, value in (("Cohen’s", group.kappa), ("Fleiss’", group.kappa_of_all))
        if value is not None
    ]
    return ", ".join(said) or "No cell was found by two people"


def _f1(name: str, question: str, answer: str, groups: list[Group]) -> Chart:
    rows = [
        (group.name, (round(100 * group.figures.f1, 1), round(100 * group.figures.pq, 1))) for group in groups[:MOST]
    ]
    return Chart(name, question, answer, ("F1 in %", "PQ in %"), rows)


def group_values(group: Group) -> tuple[Any, ...]:
    """A row under HEADER."""
    cells_a, cells_b, matched, *shares = astuple(group.figures)
    rest = (*shares, group.boundary, group.kappa, group.kappa_of_all)
    rounded = [None if value is None else round(value, 3) for value in rest]
    return (group.by.value, group.name, group.pairs, cells_a, cells_b, matched, *rounded)


PAIR_HEADER = (
    "image", "person a", "person b", "cells a", "cells b", "matched", "ap", "ap mean", "f1", "pq", "aji", "boundary px",
    "kappa", "kappa of all",
)  # fmt: skip


def get_agreement_csv(project_id: UUID) -> str:
    """All pairs as a file."""
    rows = map(pair_row, get_pairs(project_id).iterator(chunk_size=500))
    return csv_text(
        PAIR_HEADER,
        [
            (row.name, row.person_a, row.person_b, *astuple(row.figures), row.boundary, row.kappa, row.kappa_of_all)
            for row in rows
        ],
    )
