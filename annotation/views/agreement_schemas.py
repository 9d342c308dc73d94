"""What the HTTP API says of agreement."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema


class FiguresOut(Schema):
    """Agreement of two annotations, each figure 0 to 1: see docs/review.md."""

    cells_a: int
    cells_b: int
    matched: int
    ap: float
    ap_mean: float
    f1: float
    pq: float
    aji: float


class PairOut(Schema):
    """Two people's independent annotations of one image: ``twin_a`` and ``twin_b`` can be opened by reviewers.
    ``boundary`` is the mean distance of the outlines of matched cells in pixels, ``kappa`` Cohen's for classes,
    ``kappa_of_all`` Fleiss' kappa of all people of the image where there are three or more."""

    image: UUID
    name: str
    twin_a: UUID
    twin_b: UUID
    person_a: str
    person_b: str
    figures: FiguresOut
    boundary: float | None
    kappa: float | None
    kappa_of_all: float | None


class AgreementOut(Schema):
    """The figures of all pairs of one person, class, image or week, or of all. ``key`` is the id or the week's Monday.
    Of a person's pairs, that person is A, but for ``aji``, which each pair has one of. ``ap_at`` is the precision at
    IoU 0.5, 0.55 … 0.95."""

    by: Literal["all", "person", "class", "image", "week"]
    key: str
    name: str
    pairs: int
    figures: FiguresOut
    ap_at: list[float]
    boundary: float | None
    kappa: float | None
    kappa_of_all: float | None


class ConfusionOut(Schema):
    """So many matched cells were given these two classes, or both times the same one."""

    one: str
    other: str
    cells: int
