"""Who is where: in an image, or on a page of a project."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.events import send_people_changed
from annotation.models import Image, ProjectVisit, Visit

FORGOTTEN = timedelta(minutes=10)


@transaction.atomic
def do_note_visits(images: Iterable[tuple[UUID, int]], pages: Iterable[tuple[UUID, int]] = ()) -> None:
    """These people have these images, and pages of these projects, open now: (image or project, person)."""
    now = timezone.now()
    kept: Any = {"update_conflicts": True, "update_fields": ["seen_at", "left_at"]}
    Visit.objects.bulk_create(
        [Visit(image_id=image_id, user_id=user_id, seen_at=now) for image_id, user_id in sorted(set(images))],
        unique_fields=["image", "user"],
        **kept,
    )
    ProjectVisit.objects.bulk_create(
        [ProjectVisit(project_id=project, user_id=user_id, seen_at=now) for project, user_id in sorted(set(pages))],
        unique_fields=["project", "user"],
        **kept,
    )
    Visit.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    ProjectVisit.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


@transaction.atomic
def do_enter(user_id: int, *, image_id: UUID | None = None, project_id: UUID | None = None) -> None:
    """Somebody opened it; the project's pages are told."""
    images = {(image_id, user_id)} if image_id else set()
    pages = {(project_id, user_id)} if project_id else set()
    do_note_visits(images, pages)
    _tell(image_id, project_id)


@transaction.atomic
def do_leave(user_id: int, *, image_id: UUID | None = None, project_id: UUID | None = None) -> None:
    """Somebody closed the last tab that had it open."""
    Visit.objects.filter(image=image_id, user=user_id).update(left_at=timezone.now())
    ProjectVisit.objects.filter(project=project_id, user=user_id).update(left_at=timezone.now())
    _tell(image_id, project_id)


def _tell(image_id: UUID | None, project_id: UUID | None) -> None:
    if image_id is not None:
        project_id = Image.objects.filter(pk=image_id).values_list("project_id", flat=True).first()
    if project_id is not None:
        send_people_changed(project_id)
