"""What the HTTP API takes and gives; TypeScript is generated from it (`make protocol`). Unknown fields are refused."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict


class In(Schema):
    """A request's body: a field that is not declared is an error."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """Why a request was refused: ``code`` for programs, ``message`` for people."""

    code: str
    message: str


class JobOut(Schema):
    """Background work; ``progress`` is 0 to 1, ``message`` is for people."""

    id: UUID
    kind: Literal["import", "segment", "export"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    message: str
    created_at: str
