"""Who is here, in the colour that everybody sees them in."""

from __future__ import annotations

from uuid import UUID

from annotation.models import User
from annotation.protocol import Member

COLOURS = ("#ff9d5c", "#62d6c4", "#b79bff", "#ffd24d", "#7db7ff", "#ff8fb8", "#9be15d", "#f2a3ff")


def colour_of(user_id: int) -> str:
    """The same for a person everywhere and always."""
    return COLOURS[user_id % len(COLOURS)]


def member_of(user: User, client_id: UUID) -> Member:
    """One tab of a person."""
    return Member(client_id=client_id, user_id=user.pk, name=user.username, colour=colour_of(user.pk))
