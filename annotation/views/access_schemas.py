"""What the HTTP API takes and gives about access by programs. As in schemas.py, unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.views.schemas import In

ScopeName = Literal["read", "annotate", "export", "manage"]


class TokenIn(In):
    """A token to be made: what it is for, what it allows besides reading, and how many days it lives."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    scopes: Annotated[list[ScopeName], Field(max_length=10)]
    days: Annotated[int, Field(ge=1, le=365)]


class TokenOut(Schema):
    """A token without its secret."""

    id: UUID
    name: str
    scopes: list[ScopeName]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class TokenMadeOut(TokenOut):
    """A new token with its secret, ``token``, which is told this once."""

    token: str
