"""The read side of what people say and are told, and of who is where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotation.models import Comment, Notification, NotificationChoice, ProjectVisit, Role, User, Visit
from annotation.permissions import may_open

PAGE = 50
"""Notifications at once."""
HERE = timedelta(seconds=60)
"""Whoever was seen this long ago, and has not left, is taken to be here."""


def get_comments(image_id: UUID) -> list[Comment]:
    """All of an image, oldest first, with their people."""
    rows = Comment.objects.filter(image_id=image_id).select_related("author", "resolved_by")
    return list(rows.prefetch_related("mentions"))


def get_notifications(user: User, *, before: int | None = None) -> list[Notification]:
    """The newest of a person's, or those before one; none of projects that they no longer belong to."""
    rows = Notification.objects.filter(user_id=user.pk, project__memberships__user_id=user.pk, project__deleted_at=None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.select_related("actor")[:PAGE])


def get_choice(user: User) -> NotificationChoice:
    """What a person chose, or what holds without a choice."""
    return NotificationChoice.objects.filter(user_id=user.pk).first() or NotificationChoice(user=user)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a project; ``shown`` is the name of the image that they are in."""

    user_id: int
    name: str
    image: UUID | None
    shown: str


def get_visitors(project_id: UUID, *, user: User, role: Role) -> list[Visitor]:
    """Who is in the project, by name; in the image where they were seen last. Of an image that the asking person may
    not open it is not said who is in it, but that they are here."""
    since = timezone.now() - HERE
    found: dict[int, Visitor] = {}
    pages = ProjectVisit.objects.filter(project_id=project_id, seen_at__gt=since, left_at=None)
    for visit in pages.filter(user__memberships__project_id=project_id).select_related("user"):
        found[visit.user_id] = Visitor(visit.user_id, visit.user.username, None, "")
    images = Visit.objects.filter(image__project_id=project_id, seen_at__gt=since, left_at=None)
    for one in (
        images.filter(user__memberships__project_id=project_id).select_related("user", "image").order_by("seen_at")
    ):
        if one.image.deleted_at or not may_open(one.image, user.pk, role):
            found.setdefault(one.user_id, Visitor(one.user_id, one.user.username, None, ""))
        else:
            found[one.user_id] = Visitor(one.user_id, one.user.username, one.image_id, one.image.name)
    return sorted(found.values(), key=lambda visitor: visitor.name.casefold())
