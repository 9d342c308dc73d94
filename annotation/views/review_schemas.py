"""What the HTTP API takes and gives about the way of images, review and dashboards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.views.schemas import In, NamedOut, StatusName

Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(3000, 1, 1))]


class StepIn(In):
    """Where to move an image. Sending back (“returned”) needs a ``reason``, which may be about one ``cell``."""

    to: StatusName
    reason: Annotated[str, Field(max_length=500)] = ""
    cell: UUID | None = None


class StepOut(Schema):
    """One step of an image on its way; ``actor`` is null where that account is gone."""

    actor: NamedOut | None
    before: StatusName
    after: StatusName
    reason: str
    cell: UUID | None
    clock: int
    created_at: datetime

    @staticmethod
    def resolve_actor(step: Any) -> NamedOut | None:
        """Who did it."""
        return NamedOut(id=step.actor.pk, name=step.actor.username) if step.actor else None


class WorkflowOut(Schema):
    """How a project hands out images: ``next_order`` of the new ones, ``work_limit`` on what one person has begun."""

    next_order: Literal["oldest", "worst", "random"]
    work_limit: int | None


class WorkflowIn(In):
    """The same, all of it."""

    next_order: Literal["oldest", "worst", "random"]
    work_limit: Annotated[int, Field(ge=1, le=1000)] | None


class AssignmentIn(In):
    """Deal ``images`` out to ``people`` (user ids), in turn, always to whoever has the fewest, or to whoever of those
    that know the most frequent class of its cells has the fewest; without people they are nobody's again."""

    images: Annotated[list[UUID], Field(min_length=1, max_length=5000)]
    people: Annotated[list[int], Field(max_length=200)]
    how: Literal["in_turn", "by_load", "by_class"] = "in_turn"
    due_on: date | None = None


class TwinsIn(In):
    """Have each of ``people`` (user ids) annotate each of ``images`` without seeing the others' cells; ``again``: once
    more those who have handed in theirs."""

    images: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    people: Annotated[list[int], Field(min_length=1, max_length=20)]
    due_on: date | None = None
    again: bool = False


class ChartOut(Schema):
    """Each row is a label and the list of its values, one for each of ``series``, null where there is none. ``lines``:
    rows follow each other in time; ``links`` are the pages of the rows, where they have any."""

    name: str
    question: str
    answer: str
    series: list[str]
    rows: list[list[Any]]
    lines: bool
    links: list[str]


class DashboardOut(Schema):
    """``rows`` are the table under ``header``."""

    name: str
    title: str
    charts: list[ChartOut]
    header: list[str]
    rows: list[list[Any]]


class AssignmentOut(Schema):
    """How many images were assigned; those that are handed in already were left alone."""

    assigned: int


class NextIn(In):
    """Which work is asked for; ``now_in`` is the image that one comes from and does not want again."""

    task: Literal["annotate", "review"] = "annotate"
    now_in: UUID | None = None


AuditKindName = Literal[
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "member_added",
    "member_role",
    "member_removed",
    "member_link",
    "project_created",
    "project_renamed",
    "project_deleted",
    "settings",
    "class_created",
    "class_changed",
    "class_deleted",
    "image_renamed",
    "image_deleted",
    "image_reread",
    "export",
    "snapshot_deleted",
    "token_made",
    "token_removed",
]


class SeenIn(In):
    """A cell in the version that was looked at."""

    id: UUID
    version: int


class VerdictsIn(In):
    """The same word on several cells."""

    cells: Annotated[list[SeenIn], Field(min_length=1, max_length=20_000)]
    judgement: Literal["accepted", "rejected"]
    reason: Annotated[str, Field(max_length=500)] = ""


class VerdictOut(Schema):
    """The last word on a cell, in that ``version`` of it: a later version waits for another."""

    cell: UUID
    version: int
    judgement: Literal["accepted", "rejected", "fixed"]
    reason: str
    actor: NamedOut | None

    @staticmethod
    def resolve_cell(verdict: Any) -> UUID:
        """Its id."""
        found: UUID = verdict.annotation_id
        return found

    @staticmethod
    def resolve_actor(verdict: Any) -> NamedOut | None:
        """Who said it."""
        return NamedOut(id=verdict.actor.pk, name=verdict.actor.username) if verdict.actor else None


class AuditOut(Schema):
    """An entry of the audit log: ``actor_name`` did it to ``subject``; ``details`` has what it was before and after."""

    id: int
    kind: AuditKindName
    actor_name: str
    subject: str
    details: dict[str, Any]
    created_at: datetime


class NextOut(Schema):
    """The image to go on with; null when there is none left."""

    image: UUID | None
