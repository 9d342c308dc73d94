"""Who annotates which image: by hand, in turn or by load, and “give me the next image”. Callers hold the project's row
lock, so that no two people get the same image."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from itertools import cycle
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone

from annotation.actions.figures import do_count_touched
from annotation.actions.notifications import do_notify_assigned
from annotation.actions.workflow import OPEN, do_step, note_state
from annotation.errors import AppError, ErrorCode
from annotation.events import send_figures_changed
from annotation.models import (
    Annotation,
    Image,
    ImageFigures,
    ImageStatus,
    Membership,
    NextOrder,
    Project,
    Role,
    User,
    Visit,
)
from annotation.permissions import ALLOWED, Action

PRESENT = timedelta(seconds=60)
"""Whoever was seen in an image this long ago is taken to be in it."""
_BEGUN = (ImageStatus.IN_PROGRESS, ImageStatus.RETURNED)


class How(StrEnum):
    """How images are dealt out."""

    IN_TURN = "in_turn"
    BY_LOAD = "by_load"
    BY_CLASS = "by_class"


def annotators_of(project: Project, user_ids: Iterable[int]) -> list[User]:
    """These people in this order. Raises unless each is a member who may annotate."""
    members = Membership.objects.filter(project=project, user_id__in=user_ids, role__in=ALLOWED[Action.ANNOTATE])
    found = {membership.user_id: membership.user for membership in members.select_related("user")}
    people = [found[user_id] for user_id in dict.fromkeys(user_ids) if user_id in found]
    if len(people) < len(set(user_ids)):
        message = "One of these people is no member who may annotate. Reload the page and choose again."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422)
    return people


def _deal(project: Project, people: list[User], images: list[Image], how: How) -> list[User]:
    """Who gets which image. By load: always whoever has the fewest that are not handed in; by class: whoever has the
    fewest of those who know the image's most frequent class, or of all where nobody does."""
    if how == How.IN_TURN:
        return [person for person, _ in zip(cycle(people), images, strict=False)]
    rows = Image.objects.filter(project=project, deleted_at=None, status__in=OPEN, assignee__in=people)
    load = {person.pk: 0 for person in people}
    load |= dict(rows.order_by().values_list("assignee").annotate(Count("pk")))
    experts = _experts(project, people, images) if how == How.BY_CLASS else {}
    dealt = []
    for image in images:
        person = min(experts.get(image.pk) or people, key=lambda one: load[one.pk])
        load[person.pk] += 1
        dealt.append(person)
    return dealt


def _experts(project: Project, people: list[User], images: list[Image]) -> dict[UUID, list[User]]:
    """For each image that has cells with a class, who of these people knows the most frequent one."""
    known = Membership.objects.filter(project=project, user__in=people, knows__isnull=False)
    knowing: dict[int, set[int]] = {}
    for class_id, user_id in known.values_list("knows", "user"):
        knowing.setdefault(class_id, set()).add(user_id)
    cells = Annotation.objects.filter(image__in=images, deleted=False, label_class__isnull=False).order_by()
    counts = cells.values_list("image", "label_class").annotate(n=Count("pk")).order_by("n", "-label_class")
    frequent = {image_id: class_id for image_id, class_id, _ in counts}
    return {
        image_id: [person for person in people if person.pk in knowing.get(class_id, ())]
        for image_id, class_id in frequent.items()
    }


@transaction.atomic
def do_assign(
    project: Project, actor: User, image_ids: list[UUID], *, people: list[int], how: How, due_on: date | None
) -> int:
    """Deal the images out to these people, oldest first; to nobody where there are none. Returns how many. Images that
    are handed in or accepted are left as they are."""
    chosen = annotators_of(project, people)
    rows = Image.objects.select_for_update(no_key=True).filter(
        project=project, deleted_at=None, twin_of=None, status__in=OPEN
    )
    images = list(rows.filter(pk__in=image_ids).order_by("created_at", "pk"))
    whom: list[User | None] = list(_deal(project, chosen, images, how)) if chosen else [None] * len(images)
    given = [
        (person, image) for image, person in zip(images, whom, strict=True) if person and image.assignee_id != person.pk
    ]
    for image, person in zip(images, whom, strict=True):
        image.assignee, image.due_on = person, due_on if person else None
        if person is None and image.status == ImageStatus.ASSIGNED:
            note_state(image, actor, ImageStatus.NEW)
        elif person is not None and image.status == ImageStatus.NEW:
            note_state(image, actor, ImageStatus.ASSIGNED)
    Image.objects.bulk_update(images, ["assignee", "due_on", "status"], batch_size=500)
    send_figures_changed(project.pk)
    do_notify_assigned(actor, project, given)
    return len(images)


@transaction.atomic
def do_take_next(project: Project, user: User, *, now_in: UUID | None = None) -> Image | None:
    """The image that this person goes on with, which is theirs from now on: what came back to them, then what was
    assigned to them (what is due first), then a new one in the project's order. Never one that somebody else is in, nor
    ``now_in``. None when there is nothing left; CONFLICT when they have begun as many as the project allows."""
    free = _free(project, user, now_in)
    mine = free.filter(assignee=user)
    for status in (ImageStatus.RETURNED, ImageStatus.ASSIGNED):
        image = mine.filter(status=status).order_by(F("due_on").asc(nulls_last=True), "created_at", "pk").first()
        if image is not None:
            return image
    new = free.filter(status=ImageStatus.NEW, assignee=None, twin_of=None)
    image = _first(project, new)
    if image is None:
        return None
    _check_limit(project, user)
    image.assignee = user
    note_state(image, user, ImageStatus.ASSIGNED)
    image.save(update_fields=["assignee", "status"])
    return image


@transaction.atomic
def do_take_review(project: Project, user: User, role: Role, *, now_in: UUID | None = None) -> Image | None:
    """The image that this person reviews next, in review by them from now on: what they have begun, then what waits
    longest. Reviewers never get what they annotated themselves."""
    own = Image.objects.filter(twin_of__isnull=False, assignee=user, deleted_at=None)
    free = _free(project, user, now_in).exclude(twin_of__in=own.exclude(status=ImageStatus.ACCEPTED).values("twin_of"))
    if role not in ALLOWED[Action.MANAGE]:
        free = free.exclude(assignee=user)
    begun = free.filter(status=ImageStatus.IN_REVIEW, reviewer=user).order_by("created_at", "pk").first()
    waiting = free.filter(status=ImageStatus.SUBMITTED).order_by("handed_in_at", "pk").first()
    if begun is not None or waiting is None:
        return begun
    do_step(waiting, user, role, ImageStatus.IN_REVIEW)
    return waiting


def _free(project: Project, user: User, now_in: UUID | None) -> QuerySet[Image]:
    """Images that nobody else is in, each with its row locked."""
    present = Visit.objects.filter(seen_at__gt=timezone.now() - PRESENT).exclude(user=user).values("image")
    rows = Image.objects.filter(project=project, deleted_at=None).exclude(pk__in=present)
    return rows.exclude(pk=now_in) if now_in else rows


def _first(project: Project, images: QuerySet[Image]) -> Image | None:
    """By the project's order. What no engine has scored is the last of the worst: nothing is known of it."""
    if project.next_order == NextOrder.RANDOM:
        # Ids are random: the next one after any is as good as any, and found at once.
        return images.filter(pk__gte=uuid4()).order_by("pk").first() or images.order_by("pk").first()
    if project.next_order == NextOrder.WORST:
        do_count_touched(project.pk)
        scored = ImageFigures.objects.filter(project=project, score__isnull=False, image_id__in=images.values("pk"))
        worst = scored.order_by("score", "image_id").values_list("image_id", flat=True).first()
        if worst is not None:
            return images.filter(pk=worst).first()
    return images.order_by("created_at", "pk").first()


def _check_limit(project: Project, user: User) -> None:
    if project.work_limit is None:
        return
    begun = Image.objects.filter(project=project, deleted_at=None, assignee=user, status__in=_BEGUN).count()
    if begun >= project.work_limit:
        message = f"You have begun {begun} images, which is the limit here. Hand one in first, then take another."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
