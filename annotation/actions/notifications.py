"""Telling people of what happened elsewhere: in the application at once, by e-mail as they chose (mailing.py)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.actions.webhooks import do_tell_webhooks
from annotation.events import send_notified
from annotation.models import (
    Comment,
    Image,
    Job,
    JobKind,
    JobState,
    Mailing,
    Notification,
    NotificationChoice,
    NotificationKind,
    Project,
    User,
    WebhookEvent,
)
from annotation.queries import count_unread

WAITED_S = 20
"""Nobody is told of the end of a job that took less: they are still looking at it."""
_NAMES = {
    JobKind.SEGMENT: "Finding cells",
    JobKind.EXPORT: "An export",
    JobKind.SNAPSHOT: "A snapshot",
    JobKind.READ: "Reading annotations",
    JobKind.ADD: "Adding annotations",
    JobKind.MEASURE: "Measuring cells",
}


def do_notify(
    people: Iterable[User],
    kind: NotificationKind,
    *,
    text: str,
    project_id: UUID,
    actor: User | None = None,
    image: Image | None = None,
    comment: Comment | None = None,
) -> None:
    """Tell these people, but for whoever did it and those who do not want to know; and the project's webhooks."""
    names = {person.pk: person.username for person in people if actor is None or person.pk != actor.pk}
    ids = set(names)
    if not ids:
        return
    told: dict[str, Any] = {"kind": kind.value, "text": text, "to": sorted(names.values())}
    told["by"] = actor.username if actor else ""
    do_tell_webhooks(project_id, WebhookEvent.NOTIFICATION, {**told, "image": str(image.pk) if image else None})
    ids -= set(NotificationChoice.objects.filter(user__in=ids, muted__contains=[kind]).values_list("user", flat=True))
    made = [
        Notification(
            user_id=user_id, kind=kind, project_id=project_id, image=image, comment=comment, actor=actor,
            text=text if len(text) <= 300 else f"{text[:299]}…",
        )
        for user_id in sorted(ids)
    ]  # fmt: skip
    Notification.objects.bulk_create(made)
    for one in made:
        send_notified(one.user_id, unread=count_unread(one.user_id), text=one.text)


def do_notify_assigned(actor: User, project: Project, dealt: Iterable[tuple[User, Image]]) -> None:
    """Each person is told once of all images that they were given."""
    by_person: dict[User, list[Image]] = {}
    for person, image in dealt:
        by_person.setdefault(person, []).append(image)
    for person, images in by_person.items():
        what = images[0].name if len(images) == 1 else f"{len(images):,} images"
        text = f"{actor.username} assigned {what} to you in {project.name}."
        told: dict[str, Any] = {"actor": actor, "image": images[0], "project_id": project.pk}
        do_notify([person], NotificationKind.ASSIGNED, text=text, **told)


def do_notify_returned(image: Image, actor: User, reason: str) -> None:
    """Whoever annotated it is told why it came back."""
    if image.assignee is not None:
        text = f"{actor.username} sent {image.name} back: “{reason}”"
        told: dict[str, Any] = {"actor": actor, "image": image, "project_id": image.project_id}
        do_notify([image.assignee], NotificationKind.RETURNED, text=text, **told)


def do_notify_ended(job: Job) -> None:
    """Whoever started it is told, if that is a while ago."""
    took = (timezone.now() - job.created_at).total_seconds()
    name = _NAMES.get(JobKind(job.kind))
    if job.user is None or name is None or took < WAITED_S or job.state == JobState.CANCELLED:
        return
    where = job.image.name if job.image else job.project.name
    ended = "is done" if job.state == JobState.DONE else "failed"
    text = f"{name} on {where} {ended}. {job.message}".strip()
    do_notify([job.user], NotificationKind.JOB, image=job.image, project_id=job.project_id, text=text)


@transaction.atomic
def do_read(user: User, *, up_to: int | None = None, only: int | None = None) -> None:
    """The person has seen these: one, or all up to a number."""
    rows = Notification.objects.filter(user=user, read_at=None)
    if only is not None:
        rows = rows.filter(pk=only)
    elif up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    if rows.update(read_at=timezone.now()):
        send_notified(user.pk, unread=count_unread(user.pk))


def do_choose(user: User, *, mailing: Mailing, muted: list[NotificationKind]) -> NotificationChoice:
    """Be told otherwise from now on."""
    choice, _ = NotificationChoice.objects.update_or_create(
        user=user, defaults={"mailing": mailing, "muted": sorted(set(muted))}
    )
    return choice
