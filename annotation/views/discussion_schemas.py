"""What the HTTP API takes and gives of comments, notifications and who is here. Unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, model_validator

from annotation.presence import colour_of
from annotation.protocol_parts import MAX_SIDE, PlaneIndex
from annotation.views.schemas import In

CommentText = Annotated[str, Field(min_length=1, max_length=4000)]
Coordinate = Annotated[float, Field(ge=0, le=MAX_SIDE, allow_inf_nan=False)]
KindName = Literal["assigned", "returned", "mentioned", "answered", "job"]
MailingName = Literal["off", "at_once", "daily"]


class SpeakerOut(Schema):
    """Somebody, in the colour that everybody sees them in."""

    id: int
    name: str
    colour: str


def _speaker(user: Any) -> SpeakerOut | None:
    return SpeakerOut(id=user.pk, name=user.username, colour=colour_of(user.pk)) if user else None


class CommentOut(Schema):
    """One comment; answers name their ``thread``. The pin is the cell, the point (image pixels) or, without either, the
    whole image. Of a deleted one only the place is left."""

    id: UUID
    thread: UUID | None
    author: SpeakerOut | None
    text: str
    cell: UUID | None
    row: float | None
    col: float | None
    t: int
    z: int
    mentions: list[str]
    created_at: datetime
    edited_at: datetime | None
    deleted: bool
    resolved_at: datetime | None
    resolved_by: str

    @classmethod
    def of(cls, comment: Any) -> CommentOut:
        """Of a row whose people are loaded."""
        copied = ("id", "text", "row", "col", "t", "z", "created_at", "edited_at", "resolved_at")
        return cls(
            **{name: getattr(comment, name) for name in copied},
            thread=comment.thread_id,
            author=_speaker(comment.author),
            cell=comment.cell_id,
            mentions=[user.username for user in comment.mentions.all()],
            deleted=comment.deleted_at is not None,
            resolved_by=comment.resolved_by.username if comment.resolved_by else "",
        )


class CommentIn(In):
    """A new comment: an answer in ``thread``, or a new thread about a cell, a point of a plane, or the whole image.
    Members whose names stand after an @ are told."""

    text: CommentText
    thread: UUID | None = None
    cell: UUID | None = None
    row: Coordinate | None = None
    col: Coordinate | None = None
    t: PlaneIndex = 0
    z: PlaneIndex = 0

    @model_validator(mode="after")
    def _one_pin(self) -> CommentIn:
        if (self.row is None) != (self.col is None):
            raise ValueError("A point has a row and a column.")
        if sum(value is not None for value in (self.thread, self.cell, self.row)) > 1:
            raise ValueError("A comment answers a thread, or has one pin: a cell or a point.")
        return self


class CommentChangeIn(In):
    """Other words, or that the thread is resolved (or open again), or both."""

    text: CommentText | None = None
    resolved: bool | None = None


class NotificationOut(Schema):
    """``text`` is a sentence; ``address`` is the page that it is about."""

    id: int
    kind: KindName
    text: str
    actor: SpeakerOut | None
    address: str
    created_at: datetime
    read: bool

    @classmethod
    def of(cls, one: Any) -> NotificationOut:
        """Of a row whose actor is loaded."""
        page = f"/images/{one.image_id}/" if one.image_id else f"/projects/{one.project_id}/"
        return cls(
            id=one.pk,
            kind=one.kind,
            text=one.text,
            actor=_speaker(one.actor),
            address=f"{page}#comment={one.comment_id}" if one.comment_id else page,
            created_at=one.created_at,
            read=one.read_at is not None,
        )


class NotificationsOut(Schema):
    """Newest first; ``unread`` counts all."""

    unread: int
    notifications: list[NotificationOut]


class ReadIn(In):
    """What was seen: one notification, all up to the newest that one saw, or (with neither) all."""

    only: int | None = None
    up_to: int | None = None


class UnreadOut(Schema):
    """How many are left."""

    unread: int


class NotificationChoiceIn(In):
    """When to send e-mails, and which kinds not to tell of at all."""

    mailing: MailingName
    muted: Annotated[list[KindName], Field(max_length=10)]


class NotificationChoiceOut(Schema):
    """As chosen; ``mails`` says whether this server sends e-mails."""

    mailing: MailingName
    muted: list[KindName]
    mails: bool


class VisitorOut(SpeakerOut):
    """Somebody who is in the project now: in an image, or (null) on one of its pages."""

    image: UUID | None
    image_name: str
