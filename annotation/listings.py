"""The read side of pages: projects, members, classes and images as lists show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from annotation.errors import not_found
from annotation.models import (
    Image,
    ImageFigures,
    ImageStatus,
    LabelClass,
    Looks,
    Membership,
    Project,
    Region,
    StateChange,
    Tally,
    User,
    Verdict,
)
from annotation.quality.figures import ALL, STATES

MOSAIC = 4
"""Thumbnails on a project's card."""
_SUBMITTED = (ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW)
_BEGUN = (ImageStatus.IN_PROGRESS, ImageStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project with its counts; ``members`` by name, their people loaded."""

    id: UUID
    name: str
    role: str
    images: int
    done: int
    submitted: int
    in_progress: int
    cells: int
    members: list[Membership]
    updated_at: datetime
    thumbnails: list[UUID]


def get_projects(user: User, *, only: UUID | None = None) -> list[ProjectRow]:
    """The person's projects (or ``only`` that one), last used first, by the sums of annotation.models.work. Five
    queries, however many projects."""
    mine = Membership.objects.filter(user_id=user.pk, project__deleted_at=None)
    if only is not None:
        mine = mine.filter(project_id=only)
    roles = dict(mine.values_list("project_id", "role"))
    people = Prefetch("memberships", Membership.objects.select_related("user").order_by("user__username"))
    newest = Image.objects.filter(project=OuterRef("pk"), deleted_at=None, twin_of=None).order_by("-created_at", "-pk")
    changed = ImageFigures.objects.filter(project=OuterRef("pk"), updated_at__isnull=False).order_by("-updated_at")
    projects = Project.objects.filter(pk__in=roles).prefetch_related(people)
    projects = projects.annotate(
        thumbnails=ArraySubquery(newest.values("pk")[:MOSAIC]),
        used_at=Greatest(
            "created_at", Subquery(newest.values("created_at")[:1]), Subquery(changed.values("updated_at")[:1])
        ),
    )
    counts = _counts_of(list(roles))
    rows = [
        ProjectRow(
            id=project.pk,
            name=project.name,
            role=roles[project.pk],
            images=sum(n for (row, what, _), n in counts.items() if (row, what) == (project.pk, "image")),
            done=counts[project.pk, "image", ImageStatus.ACCEPTED],
            submitted=sum(counts[project.pk, "image", state] for state in _SUBMITTED),
            in_progress=sum(counts[project.pk, "image", state] for state in _BEGUN),
            cells=sum(n for (row, what, _), n in counts.items() if (row, what) == (project.pk, "cell")),
            members=list(project.memberships.all()),
            updated_at=project.used_at,
            thumbnails=project.thumbnails,
        )
        for project in projects
    ]
    return sorted(rows, key=lambda row: row.updated_at, reverse=True)


def _counts_of(project_ids: list[UUID]) -> Counter[tuple[UUID, str, str]]:
    """Images and cells by project, “image” or “cell”, and the image's state."""
    found: Counter[tuple[UUID, str, str]] = Counter()
    each = {f"in_{state}": Sum(f"ns__{number}") for number, state in enumerate(STATES)}
    for what, classes in (("image", Q(label_class=ALL)), ("cell", Q())):
        sums = Tally.objects.filter(classes, project_id__in=project_ids, what=what, monthly=True).order_by()
        for project, *ns in sums.values_list("project_id").annotate(**each):
            found.update({(project, what, state): n for state, n in zip(STATES, ns, strict=True)})
    return found


def get_project(user: User, project_id: UUID) -> ProjectRow:
    """One project as its list shows it. Raises NOT_FOUND for people who are no members."""
    found = get_projects(user, only=project_id)
    if not found:
        raise not_found("project")
    return found[0]


def get_members(project_id: UUID) -> list[Membership]:
    """Everybody in the project by name, their people loaded."""
    members = Membership.objects.filter(project_id=project_id).select_related("user").prefetch_related("knows")
    return list(members.order_by("user__username"))


def get_member(project_id: UUID, user_id: int) -> Membership:
    """One member of the project. Raises NOT_FOUND."""
    found = Membership.objects.filter(project_id=project_id, user_id=user_id).select_related("user", "project").first()
    if found is None:
        raise not_found("member")
    return found


def get_classes(project_id: UUID) -> list[LabelClass]:
    """The classes that cells can get, in their order."""
    return list(LabelClass.objects.filter(project_id=project_id, deleted_at=None))


def get_class(project_id: UUID, class_id: int) -> LabelClass:
    """One class of the project. Raises NOT_FOUND."""
    found = LabelClass.objects.filter(project_id=project_id, deleted_at=None, pk=class_id).select_related("project")
    label_class = found.first()
    if label_class is None:
        raise not_found("class")
    return label_class


def get_regions(image_id: UUID) -> list[Region]:
    """The image's “complete here” regions, oldest first, the people who made them loaded."""
    return list(Region.objects.filter(image_id=image_id).select_related("created_by"))


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image with the number of its live cells and its last change."""

    id: UUID
    name: str
    width: int
    height: int
    channels: int
    dtype: str
    status: str
    assignee: Named | None
    reviewer: Named | None
    due_on: date | None
    cells: int
    updated_at: datetime


def image_row(image: Image) -> ImageRow:
    """Of an image of ``get_images`` or ``get_image``."""
    told: dict[str, Any] = {name: getattr(image, name) for name in _OF_IMAGE}
    return ImageRow(id=image.pk, assignee=_named(image.assignee), reviewer=_named(image.reviewer), **told)


_OF_IMAGE = ("name", "width", "height", "channels", "dtype", "status", "due_on", "cells", "updated_at")


def _named(user: User | None) -> Named | None:
    return None if user is None else Named(user.pk, user.username)


def get_images(project_id: UUID) -> QuerySet[Image]:
    """The project's images with what ``image_row`` needs, as of their last counting."""
    figures = ImageFigures.objects.filter(image_id=OuterRef("pk"))
    return (
        Image.objects.filter(project_id=project_id, deleted_at=None, twin_of=None)
        .select_related("assignee", "reviewer")
        .only("created_at", *_OF_IMAGE[:-2], "assignee__username", "reviewer__username")
        .annotate(
            cells=Coalesce(Subquery(figures.values("cells")), 0),
            updated_at=Greatest("created_at", Subquery(figures.values("updated_at"))),
        )
    )


def get_image_row(image_id: UUID) -> ImageRow:
    """One image as it is now."""
    counted = Image.objects.filter(pk=image_id).annotate(
        cells=Count("annotations", filter=Q(annotations__deleted=False)),
        updated_at=Greatest("created_at", Max("annotations__updated_at")),
    )
    return image_row(counted.select_related("assignee", "reviewer").get())


def get_verdicts(image_id: UUID) -> list[Verdict]:
    """What reviewers said of the image's live cells, the people loaded."""
    return list(Verdict.objects.filter(image_id=image_id, annotation__deleted=False).select_related("actor"))


def get_steps(image_id: UUID) -> list[StateChange]:
    """The image's way, oldest step first, the people who did them loaded."""
    return list(StateChange.objects.filter(image_id=image_id).select_related("actor"))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an image stands among its project's: number ``position`` (from 1) of ``total``."""

    previous: UUID | None
    next: UUID | None
    position: int
    total: int


def get_neighbours(image: Image) -> Neighbours:
    """The images before and after this one, by (created_at, id)."""
    at = Q(created_at=image.created_at)
    live = Image.objects.filter(project_id=image.project_id, deleted_at=None, twin_of=None)
    before = live.filter(Q(created_at__lt=image.created_at) | at & Q(pk__lt=image.pk))
    after = live.filter(Q(created_at__gt=image.created_at) | at & Q(pk__gt=image.pk))
    return Neighbours(
        previous=before.order_by("-created_at", "-pk").values_list("pk", flat=True).first(),
        next=after.order_by("created_at", "pk").values_list("pk", flat=True).first(),
        position=before.count() + 1,
        total=live.count(),
    )


def get_looks(image: Image, user: User) -> dict[str, dict[str, Any] | None]:
    """How images of its kind are shown to the person ("mine") and to everybody ("project"), where that is kept."""
    kept = Looks.objects.filter(Q(user=user) | Q(user=None), project_id=image.project_id, kind=image.kind)
    found = {"mine" if one.user_id else "project": one.looks for one in kept}
    return {"mine": found.get("mine"), "project": found.get("project")}
