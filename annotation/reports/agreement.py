"""How far people who annotated the same image independently agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import combinations, islice
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from annotation.models import Annotation, Image
from annotation.quality.agreement import (
    Agreement,
    agreement,
    boundary_distances,
    cohens_kappa,
    fleiss_kappa,
    match,
    overlaps_of,
)
from annotation.tables import csv_text
from inference import rle

MOST = 50
"""Images that are compared at once."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two people's annotations of one image. ``boundary`` is the mean distance of the outlines of matched cells in
    pixels, ``kappa`` Cohen's for their classes; both null without matched cells. ``kappa_of_all`` is Fleiss' kappa of
    the image's three or more people."""

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
class Cells:
    """One annotation of an image: an instance image with the rows' positions plus one. Planes lie one below the other,
    the same ones for all annotations that are compared, so that cells of different planes never meet."""

    labels_hw: NDArray[np.int32]
    rows: list[Annotation]


def cells_of(image: Image, others: Iterable[Image]) -> list[Cells]:
    """All live cells of these annotations of the image's pixels."""
    found = [list(Annotation.objects.filter(image=one, deleted=False).order_by("label")) for one in others]
    planes = sorted({(row.t, row.z) for rows in found for row in rows})
    return [Cells(_stacked(image, rows, planes), rows) for rows in found]


def _stacked(image: Image, rows: list[Annotation], planes: list[tuple[int, int]]) -> NDArray[np.int32]:
    labels_hw = np.zeros((image.height * len(planes), image.width), np.int32)
    for number, row in enumerate(rows, start=1):
        top = image.height * planes.index((row.t, row.z))
        rle.paste(row.rle, labels_hw[top : top + image.height], number)
    return labels_hw


def compare(a: Cells, b: Cells) -> tuple[Agreement, float | None, float | None]:
    """Figures, mean boundary distance, kappa."""
    overlaps = overlaps_of(a.labels_hw, b.labels_hw)
    pairs = [(a.rows[one.of_a], b.rows[one.of_b]) for one in match(overlaps)]
    if not pairs:
        return agreement(overlaps), None, None
    distances = [_apart(one, other) for one, other in pairs]
    classes = [[pair[side].label_class_id or 0 for pair in pairs] for side in (0, 1)]
    return agreement(overlaps), sum(distances) / len(distances), cohens_kappa(*classes)


def _apart(one: Annotation, other: Annotation) -> float:
    """Mean distance of two cells' outlines, in a crop that has both with a pixel around."""
    masks = (one.rle, other.rle)
    top, left = min(mask.top for mask in masks) - 1, min(mask.left for mask in masks) - 1
    bottom, right = max(mask.bottom for mask in masks) + 1, max(mask.right for mask in masks) + 1
    crops = []
    for mask in masks:
        crop_hw = np.zeros((bottom - top, right - left), bool)
        crop_hw[mask.top - top : mask.bottom - top, mask.left - left : mask.right - left] = rle.decode(mask)
        crops.append(crop_hw)
    return boundary_distances(*crops)[0]


def get_agreement(project_id: UUID) -> list[PairRow]:
    """Every pair of people of the images that are annotated independently, the newest images first."""
    twins = Image.objects.filter(project_id=project_id, deleted_at=None, twin_of__deleted_at=None)
    twins = twins.exclude(twin_of=None).select_related("assignee", "twin_of")
    by_image: dict[UUID, list[Image]] = {}
    for twin in twins.order_by("-twin_of__created_at", "twin_of_id", "assignee__username"):
        if twin.twin_of is not None:
            by_image.setdefault(twin.twin_of.pk, []).append(twin)
    return [row for group in islice(by_image.values(), MOST) for row in _pairs(group)]


def _pairs(twins: list[Image]) -> Iterator[PairRow]:
    image = twins[0].twin_of or twins[0]
    everybody = cells_of(image, twins)
    together = _kappa_of_all(everybody)
    annotated = zip(twins, everybody, strict=True)
    for (one, cells), (other, others) in combinations(annotated, 2):
        figures, boundary, kappa = compare(cells, others)
        people = [twin.assignee.username if twin.assignee else "" for twin in (one, other)]
        yield PairRow(image.pk, image.name, one.pk, other.pk, people[0], people[1], figures, boundary, kappa, together)


def _kappa_of_all(everybody: list[Cells]) -> float | None:
    """Fleiss' kappa of the cells that three or more people all found, by the first person's; null for fewer people."""
    if len(everybody) < 3:
        return None
    first, *others = everybody
    found = [{one.of_a: one.of_b for one in match(overlaps_of(first.labels_hw, one.labels_hw))} for one in others]
    common = set.intersection(*({*pairs} for pairs in found))
    ratings = [
        [
            first.rows[cell].label_class_id or 0,
            *(one.rows[pairs[cell]].label_class_id or 0 for one, pairs in zip(others, found, strict=True)),
        ]
        for cell in sorted(common)
    ]
    return fleiss_kappa(ratings) if ratings else None


HEADER = (
    "image", "person a", "person b", "cells a", "cells b", "matched", "ap", "ap mean", "f1", "pq", "aji", "boundary px",
    "kappa", "kappa of all",
)  # fmt: skip


def get_agreement_csv(project_id: UUID) -> str:
    """The same as a file."""
    return csv_text(
        HEADER,
        [
            (row.name, row.person_a, row.person_b, *astuple(row.figures), row.boundary, row.kappa, row.kappa_of_all)
            for row in get_agreement(project_id)
        ],
    )
