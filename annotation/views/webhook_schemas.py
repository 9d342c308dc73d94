"""What the HTTP API takes and gives about webhooks. As in schemas.py, unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.views.schemas import In

EventName = Literal[
    "image.added", "image.state", "run.ended", "cells.added", "export.ended", "snapshot.ended", "notification"
]


class WebhookIn(In):
    """An address, and what it is told; no events are all events."""

    url: Annotated[str, Field(min_length=1, max_length=500)]
    events: Annotated[list[EventName], Field(max_length=20)] = []


class WebhookChangeIn(In):
    """What is left out stays as it is."""

    url: Annotated[str, Field(min_length=1, max_length=500)] = ""
    events: Annotated[list[EventName], Field(max_length=20)] = []
    active: bool = True


class WebhookOut(Schema):
    """A webhook without its secret."""

    id: UUID
    url: str
    events: list[EventName]
    active: bool
    created_at: datetime


class WebhookMadeOut(WebhookOut):
    """A new webhook with the secret that signs what it is sent, which is told this once."""

    secret: str


class DeliveryOut(Schema):
    """Something that a webhook was told: ``id`` goes along as `webhook-id`; ``status`` is the last HTTP status, and
    ``problem`` says why it has not arrived. It is tried again at ``next_at`` while ``state`` is waiting."""

    id: UUID
    event: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    next_at: datetime
    status: int | None
    problem: str
    body: str
    created_at: datetime
    updated_at: datetime
