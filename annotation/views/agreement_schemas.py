"""What the HTTP API says of agreement."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.protocol import CellState
from annotation.views.schemas import In, StatusName


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


class CopyOut(Schema):
    """A finished independent annotation of an image, a person's ``take``-th."""

    id: UUID
    name: str
    take: int
    status: StatusName

    @staticmethod
    def resolve_name(copy: Any) -> str:
        """Whose it is."""
        found: str = copy.assignee.username if copy.assignee else ""
        return found


class AdjudicationPair(Schema):
    """Which two annotations are compared."""

    a: UUID
    b: UUID


class CellDifferenceOut(Schema):
    """What both say of one cell: null where one of them has none. ``error``: how far they are apart, 0 to 1; where it
    ``agrees`` nobody needs to look."""

    a: CellState | None
    b: CellState | None
    iou: float
    error: float
    agrees: bool


class ChoiceIn(In):
    """What to take of a cell of A and one of B; one of both may be null."""

    a: UUID | None = None
    b: UUID | None = None
    take: Literal["a", "b", "union", "intersection"]


class AdjudicationIn(In):
    """Decide between the annotations ``a`` and ``b``, for one cell or for many at once."""

    a: UUID
    b: UUID
    choices: Annotated[list[ChoiceIn], Field(min_length=1, max_length=4096)]


class AdjudicatedOut(Schema):
    """What was taken, as operation ``clock`` of the image, by which it can be undone: the ids of the cells."""

    operation: UUID
    clock: int
    cells: list[UUID]
