"""The read side of pages: projects, members, classes and images as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Prefetch, Q, Window
from django.db.models.functions import Greatest, RowNumber

from annotation.errors import not_found
from annotation.models import (
    Annotation,
    Image,
    ImageStatus,
    LabelClass,
    Looks,
    Membership,
    Project,
    Region,
    StateChange,
    User,
    Verdict,
)

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
    """The person's projects (or ``only`` that one), last used first. Five queries, however many projects."""
    mine = Membership.objects.filter(user_id=user.pk, project__deleted_at=None)
    if only is not None:
        mine = mine.filter(project_id=only)
    roles = dict(mine.values_list("project_id", "role"))
    people = Prefetch("memberships", Membership.objects.select_related("user").order_by("user__username"))
    live = Q(images__deleted_at=None, images__twin_of=None)
    projects = (
        Project.objects.filter(pk__in=roles)
        .prefetch_related(people)
        .annotate(
            n_images=Count("images", filter=live),
            n_done=Count("images", filter=live & Q(images__status=ImageStatus.ACCEPTED)),
            n_submitted=Count("images", filter=live & Q(images__status__in=_SUBMITTED)),
            n_in_progress=Count("images", filter=live & Q(images__status__in=_BEGUN)),
            used_at=Greatest("created_at", Max("images__created_at", filter=live)),
        )
    )
    cells, mosaics = _cells_of(list(roles)), _mosaics_of(list(roles))
    rows = [
        ProjectRow(
            id=project.pk,
            name=project.name,
            role=roles[project.pk],
            images=project.n_images,
            done=project.n_done,
            submitted=project.n_submitted,
            in_progress=project.n_in_progress,
            cells=cells.get(project.pk, (0, project.used_at))[0],
            members=list(project.memberships.all()),
            updated_at=max(project.used_at, cells.get(project.pk, (0, project.used_at))[1]),
            thumbnails=mosaics.get(project.pk, []),
        )
        for project in projects
    ]
    return sorted(rows, key=lambda row: row.updated_at, reverse=True)


def get_project(user: User, project_id: UUID) -> ProjectRow:
    """One project as its list shows it. Raises NOT_FOUND for people who are no members."""
    found = get_projects(user, only=project_id)
    if not found:
        raise not_found("project")
    return found[0]


def _cells_of(project_ids: list[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """For each project with cells: how many live ones, and when the last was changed."""
    rows = (
        Annotation.objects.filter(image__project_id__in=project_ids, image__deleted_at=None, image__twin_of=None)
        .values_list("image__project_id")
        .annotate(cells=Count("pk", filter=Q(deleted=False)), last=Max("updated_at"))
    )
    return {project_id: (cells, last) for project_id, cells, last in rows}


def _mosaics_of(project_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """The newest images of each project."""
    newest = Window(RowNumber(), partition_by=[F("project_id")], order_by=[F("created_at").desc(), F("pk").desc()])
    rows = (
        Image.objects.filter(project_id__in=project_ids, deleted_at=None, twin_of=None)
        .annotate(rank=newest)
        .filter(rank__lte=MOSAIC)
        .order_by("rank")
        .values_list("project_id", "pk")
    )
    found: dict[UUID, list[UUID]] = {}
    for project_id, image_id in rows:
        found.setdefault(project_id, []).append(image_id)
    return found


def get_members(project_id: UUID) -> list[Membership]:
    """Everybody in the project by name, their people loaded."""
    return list(Membership.objects.filter(project_id=project_id).select_related("user").order_by("user__username"))


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


_OF_IMAGE = ("id", "name", "width", "height", "channels", "dtype", "status", "due_on", "cells", "updated_at")
_PEOPLE = ("assignee_id", "assignee__username", "reviewer_id", "reviewer__username")


def _image_row(values: dict[str, Any]) -> ImageRow:
    for who in ("assignee", "reviewer"):
        user_id, name = values.pop(f"{who}_id"), values.pop(f"{who}__username")
        values[who] = None if user_id is None else Named(user_id, name)
    return ImageRow(**values)


def get_images(project_id: UUID, *, only: UUID | None = None) -> list[ImageRow]:
    """The project's images (or ``only`` that one) in the order of the filmstrip. One query."""
    images = Image.objects.filter(project_id=project_id, deleted_at=None)
    images = images.filter(twin_of=None) if only is None else images.filter(pk=only)
    counted = images.annotate(
        cells=Count("annotations", filter=Q(annotations__deleted=False)),
        updated_at=Greatest("created_at", Max("annotations__updated_at")),
    )
    # A grouped query does not follow the model's own order.
    return [_image_row(values) for values in counted.order_by("created_at", "pk").values(*_OF_IMAGE, *_PEOPLE)]


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
