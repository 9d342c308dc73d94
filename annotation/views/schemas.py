"""What the HTTP API takes and gives; TypeScript is generated from it (`make protocol`). Unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field


class In(Schema):
    """A request's body: a field that is not declared is an error."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """Why a request was refused: ``code`` for programs, ``message`` for people."""

    code: str
    message: str


class JobOut(Schema):
    """Background work; ``progress`` is 0 to 1, ``message`` is for people. ``params`` is what was asked for, ``result``
    what came out; ``download`` is the address of an export that is done."""

    id: UUID
    kind: Literal["import", "embed", "segment", "export"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    message: str
    created_at: str
    params: dict[str, Any]
    result: dict[str, Any]
    download: str | None


class ExportIn(In):
    """``format`` is the name of an export format, such as label-tiff or coco."""

    format: Annotated[str, Field(min_length=1, max_length=40)]


class UploadIn(In):
    """A file that is about to come: what the person calls it, and its bytes."""

    name: str
    size: int


class UploadOut(Schema):
    """A file on its way in. ``received`` is where the next part begins; ``image`` is there once the state is done;
    ``message`` says why it failed, or what of the file was left out."""

    id: UUID
    name: str
    size: int
    received: int
    state: Literal["receiving", "decoding", "done", "failed"]
    message: str
    image: UUID | None


class RunParams(In):
    """How to find all cells; what is left out is the engine's own choice. ``cell_probability`` is a threshold on the
    network's cell logit, ``flow_error`` the largest flow error of a mask (0 switches the check off), ``min_area`` and
    ``diameter`` are in pixels."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    cell_probability: Annotated[float, Field(ge=-20, le=20)] | None = None
    flow_error: Annotated[float, Field(ge=0, le=10)] | None = None
    min_area: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    diameter: Annotated[float, Field(ge=2, le=2000)] | None = None


class RunIn(In):
    """``engine`` is the name of an engine that finds all cells."""

    engine: Annotated[str, Field(min_length=1, max_length=40)]
    params: RunParams = RunParams()


class EngineOut(Schema):
    """An engine and whether it can work here; ``problem`` is a sentence that says what is missing."""

    name: str
    title: str
    summary: str
    capabilities: list[Literal["prompt", "auto"]]
    available: bool
    problem: str
    licence: str
    notice: str
