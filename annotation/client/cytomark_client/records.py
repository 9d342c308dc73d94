"""What the server says, typed. Fields that a newer server adds are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar, get_args

ImageState = Literal["new", "assigned", "in_progress", "submitted", "in_review", "returned", "accepted"]
STATES: tuple[ImageState, ...] = get_args(ImageState)
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a project; sizes in pixels. ``status`` is how far its review is, ``cells`` how many it has."""

    id: str
    name: str
    width: int
    height: int
    channels: int
    dtype: str
    status: ImageState
    cells: int


@dataclass(frozen=True, slots=True)
class Job:
    """Background work. ``progress`` is 0 to 1; ``message`` is for people; ``download`` is there once an export is
    done."""

    id: str
    kind: str
    state: str
    progress: float
    message: str
    params: Mapping[str, Any]
    result: Mapping[str, Any]
    download: str | None

    @property
    def ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Engine:
    """A model of the server; ``problem`` says what is missing where it is not available."""

    name: str
    title: str
    summary: str
    capabilities: list[str]
    available: bool
    problem: str
    licence: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in; ``received`` bytes are there."""

    id: str
    name: str
    size: int
    received: int
    state: str
    message: str
    image: str | None


Record = TypeVar("Record", Image, Job, Engine, Upload)


def read(record: type[Record], said: Mapping[str, Any]) -> Record:
    """The record of what was said."""
    return record(**{field.name: said[field.name] for field in fields(record)})
