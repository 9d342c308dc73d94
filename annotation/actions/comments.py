"""Comments on an image: said, answered, changed, resolved, deleted. Whoever may look may speak."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.actions.notifications import do_notify
from annotation.errors import AppError, ErrorCode, forbidden
from annotation.events import send_comments_changed
from annotation.models import Annotation, Comment, Image, Membership, NotificationKind, Role, User
from annotation.permissions import ALLOWED, Action, may_open

MAX_COMMENTS = 2000
"""Of one image."""
_AT = re.compile(r"(?<![\w@.+-])@([\w@.+-]+)")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Pin:
    """What a thread is about: a cell, a point (row, col in image pixels) of a plane, or the whole image."""

    cell: UUID | None = None
    row: float | None = None
    col: float | None = None
    t: int = 0
    z: int = 0


def check_text(text: str) -> str:
    """The words without the space around them. Raises where there are none, or letters that cannot be shown."""
    tidy = text.strip()
    if not tidy or not tidy.replace("\n", " ").replace("\t", " ").isprintable():
        raise AppError(ErrorCode.BAD_REQUEST, "Write something that can be read.", status=422)
    return tidy


def check_pin(image: Image, pin: Pin) -> None:
    """Raise unless what it names is in the image."""
    if pin.cell and not Annotation.objects.filter(pk=pin.cell, image=image, deleted=False).exists():
        raise AppError(ErrorCode.GONE, "There is no such cell any more. Choose another, or a point.", status=409)
    inside = 0 <= (pin.row or 0) <= image.height and 0 <= (pin.col or 0) <= image.width
    if not inside or not image.has_plane(pin.t, pin.z):
        raise AppError(ErrorCode.BAD_REQUEST, "That point is not in the image.", status=422)


def mentioned_in(text: str, image: Image) -> list[User]:
    """The people whose names stand after an @, of those who can open the image. A full stop may follow a name."""
    names = {word.casefold() for word in _AT.findall(text)}
    names |= {word.rstrip(".") for word in names}
    members = Membership.objects.filter(project_id=image.project_id, user__is_active=True).select_related("user")
    return [
        member.user
        for member in members
        if member.user.username.casefold() in names and may_open(image, member.user_id, Role(member.role))
    ]


@transaction.atomic
def do_comment(
    image: Image, user: User, text: str, *, pin: Pin | None = None, thread: Comment | None = None
) -> Comment:
    """Say something: a new thread where ``pin`` says, or an answer in ``thread``, which is open again for it."""
    pin = pin or Pin()
    check_pin(image, pin)
    if Comment.objects.filter(image=image).count() >= MAX_COMMENTS:
        raise AppError(ErrorCode.CONFLICT, f"An image has at most {MAX_COMMENTS:,} comments.", status=409)
    comment = Comment.objects.create(
        image=image, author=user, text=check_text(text), thread=thread,
        cell_id=pin.cell, row=pin.row, col=pin.col, t=pin.t, z=pin.z,
    )  # fmt: skip
    if thread is not None and thread.resolved_at:
        _set_resolved(thread, None)
    _tell_mentioned(comment, user, before=set())
    if thread is not None:
        _tell_thread(comment, thread, user)
    send_comments_changed(image.pk)
    return comment


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _tell_mentioned(comment: Comment, user: User, *, before: set[int]) -> None:
    """Whoever is named now and was not before."""
    people = mentioned_in(comment.text, comment.image)
    comment.mentions.set(people)
    new = [person for person in people if person.pk not in before]
    text = f"{user.username} mentions you on {comment.image.name}: “{_short(comment.text)}”"
    _tell(new, NotificationKind.MENTIONED, comment, user, text=text)


def _tell_thread(comment: Comment, thread: Comment, user: User) -> None:
    """Everybody who has spoken in the thread and still may, unless they were mentioned."""
    said = Comment.objects.filter(pk=thread.pk) | Comment.objects.filter(thread=thread)
    authors = said.exclude(author=None).values("author")
    mentioned = comment.mentions.values("pk")
    members = Membership.objects.filter(project_id=comment.image.project_id, user__in=authors)
    rows = members.exclude(user__in=mentioned).select_related("user")
    people = [row.user for row in rows if may_open(comment.image, row.user_id, Role(row.role))]
    text = f"{user.username} answers on {comment.image.name}: “{_short(comment.text)}”"
    _tell(people, NotificationKind.ANSWERED, comment, user, text=text)


def _tell(people: list[User], kind: NotificationKind, comment: Comment, user: User, *, text: str) -> None:
    image = comment.image
    do_notify(people, kind, actor=user, project_id=image.project_id, image=image, comment=comment, text=text)


@transaction.atomic
def do_change_comment(comment: Comment, user: User, text: str) -> None:
    """Other words; only by who said it."""
    if comment.author_id != user.pk:
        raise forbidden("Only who wrote a comment can change it. Answer it instead.")
    before = set(comment.mentions.values_list("pk", flat=True))
    comment.text, comment.edited_at = check_text(text), timezone.now()
    comment.save(update_fields=["text", "edited_at"])
    _tell_mentioned(comment, user, before=before)
    send_comments_changed(comment.image_id)


@transaction.atomic
def do_resolve(thread: Comment, user: User, role: Role, *, resolved: bool) -> None:
    """It is dealt with, or not after all: by who began the thread, or whoever may change cells."""
    if thread.thread_id is not None:
        raise AppError(ErrorCode.BAD_REQUEST, "Resolve the comment that began the thread.", status=422)
    if thread.author_id != user.pk and role not in ALLOWED[Action.ANNOTATE]:
        raise forbidden("Only who began this thread, or somebody who annotates, can resolve it.")
    _set_resolved(thread, user if resolved else None)
    send_comments_changed(thread.image_id)


def _set_resolved(thread: Comment, user: User | None) -> None:
    thread.resolved_by, thread.resolved_at = user, timezone.now() if user else None
    thread.save(update_fields=["resolved_by", "resolved_at"])


@transaction.atomic
def do_delete_comment(comment: Comment, user: User, role: Role) -> None:
    """Take back what one said; managers may anybody's. A thread whose last words are gone is gone."""
    if comment.author_id != user.pk and role not in ALLOWED[Action.MANAGE]:
        raise forbidden("Only who wrote a comment, or a manager, can delete it.")
    comment.text, comment.deleted_at = "", timezone.now()
    comment.save(update_fields=["text", "deleted_at"])
    comment.mentions.clear()
    first = comment.thread or comment
    if first.deleted_at and not first.answers.filter(deleted_at=None).exists():
        first.delete()
    send_comments_changed(comment.image_id)
