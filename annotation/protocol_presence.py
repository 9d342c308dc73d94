"""Who is in an image, where they point, what they hold, and hints that something is to be asked for: messages
that are never stored. Part of the contract in
annotation/protocol.py."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from annotation.protocol_parts import MAX_SIDE, Message, Seen


class Member(Message):
    """Somebody in the image: ``client_id`` tells two tabs of one person apart."""

    client_id: UUID
    user_id: int
    name: str
    colour: str


class Cursor(Message):
    """Where my pointer is, or null when it left the canvas, and what I see. Never stored, dropped first."""

    type: Literal["cursor"]
    row: Annotated[float, Field(ge=-MAX_SIDE, le=MAX_SIDE)] | None
    col: Annotated[float, Field(ge=-MAX_SIDE, le=MAX_SIDE)] | None
    seen: Seen | None = None


class Hold(Message):
    """The cells that I am changing right now, or none any more: others leave them alone meanwhile. Said again every few
    seconds, or it ends by itself. ``take`` takes them from whoever holds them; for managers. Never stored."""

    type: Literal["hold"]
    cells: Annotated[list[UUID], Field(max_length=16)]
    take: bool = False


class Presence(Message):
    """Somebody is here, moved, holds ``cells`` (none any more), or left. Whoever comes is told by each of the others
    that they are here."""

    type: Literal["presence"]
    event: Literal["here", "moved", "holds", "left"]
    member: Member
    row: float | None = None
    col: float | None = None
    seen: Seen | None = None
    cells: list[UUID] = []
    take: bool = False


class RegionsChanged(Message):
    """The image's “complete here” regions are other ones now: ask for them (GET /api/images/…/regions)."""

    type: Literal["regions"]


class CommentsChanged(Message):
    """Somebody said something of the image, or took it back: ask for it (GET /api/images/…/comments)."""

    type: Literal["comments"]


class Notified(Message):
    """Something happened that concerns you: ``text``, empty where you only read what there was. ``unread`` is how many
    notifications you have not seen."""

    type: Literal["notified"]
    unread: int
    text: str = ""


class FiguresChanged(Message):
    """Something that dashboards count is otherwise than before: ask for them again. Told every two seconds at most."""

    type: Literal["figures"]


class PeopleChanged(Message):
    """Others are in the project, or in other images: ask for them (GET /api/projects/…/people)."""

    type: Literal["people"]
