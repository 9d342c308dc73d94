"""What messages are made of: masks, prompts, where a mask came from. Part of the contract in annotation/protocol.py."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inference.rle import Rle, check_counts

MAX_SIDE = 100_000
MAX_SCRIBBLES = 16
MAX_PLACES = 256
PlaneIndex = Annotated[int, Field(ge=0, le=1_000_000)]
"""The number of a frame or of a slice, from 0."""


class Message(BaseModel):
    """Frozen; a field that is not declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Mask(Message):
    """Run lengths of one mask inside its box, row by row, background first (inference.rle)."""

    top: Annotated[int, Field(ge=0, le=MAX_SIDE)]
    left: Annotated[int, Field(ge=0, le=MAX_SIDE)]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    width: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    counts: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=200_000)]

    @model_validator(mode="after")
    def _adds_up(self) -> Mask:
        check_counts(height=self.height, width=self.width, counts=self.counts)
        if len(self.counts) < 2:
            raise ValueError("A mask has at least one pixel.")
        return self

    def to_rle(self) -> Rle:
        """The same mask as the library's type."""
        return Rle(self.top, self.left, self.height, self.width, tuple(self.counts))

    @classmethod
    def of(cls, rle: Rle) -> Mask:
        """The message for a mask that is known to be valid."""
        return cls.model_construct(
            top=rle.top, left=rle.left, height=rle.height, width=rle.width, counts=list(rle.counts)
        )


class PromptPoint(Message):
    """A click; ``positive`` says that the pixel belongs to the cell."""

    row: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    col: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    positive: bool


class PromptBox(Message):
    """A rectangle around the cell, half-open."""

    top: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    left: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    bottom: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    right: Annotated[float, Field(ge=0, le=MAX_SIDE)]


class Box(Message):
    """A rectangle of whole pixels, half-open."""

    top: Annotated[int, Field(ge=0, le=MAX_SIDE)]
    left: Annotated[int, Field(ge=0, le=MAX_SIDE)]
    bottom: Annotated[int, Field(ge=0, le=MAX_SIDE)]
    right: Annotated[int, Field(ge=0, le=MAX_SIDE)]


class Seen(Message):
    """The part of slice ``z`` of frame ``t`` that somebody sees; it may reach beyond the image."""

    top: Annotated[float, Field(ge=-MAX_SIDE, le=2 * MAX_SIDE)]
    left: Annotated[float, Field(ge=-MAX_SIDE, le=2 * MAX_SIDE)]
    bottom: Annotated[float, Field(ge=-MAX_SIDE, le=2 * MAX_SIDE)]
    right: Annotated[float, Field(ge=-MAX_SIDE, le=2 * MAX_SIDE)]
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class Place(Message):
    """Somewhere in the image."""

    row: Annotated[float, Field(ge=0, le=MAX_SIDE)]
    col: Annotated[float, Field(ge=0, le=MAX_SIDE)]


class PromptScribble(Message):
    """A stroke through its corners, in order; ``positive`` says that it runs inside of the cell."""

    places: Annotated[list[Place], Field(min_length=1, max_length=MAX_PLACES)]
    positive: bool


class PromptSet(Message):
    """Everything said about one cell; ``mask`` is a shape of it that is nearly right."""

    points: Annotated[list[PromptPoint], Field(max_length=64)] = []
    box: PromptBox | None = None
    mask: Mask | None = None
    scribbles: Annotated[list[PromptScribble], Field(max_length=MAX_SCRIBBLES)] = []


class Adjudicated(Message):
    """A decision between independent annotations: of which ``cells`` the mask was made, and how. Who decided is in
    the operation log."""

    take: Literal["a", "b", "union", "intersection"]
    cells: Annotated[list[UUID], Field(min_length=1, max_length=2)]
    people: Annotated[list[Annotated[str, Field(max_length=150)]], Field(max_length=2)]


class Provenance(Message):
    """Where a mask came from: by hand, or an engine with the weights' hash, its prompts and parameters."""

    source: Literal["hand", "prompt", "auto"]
    engine: Annotated[str, Field(max_length=40)] = ""
    weights: Annotated[str, Field(max_length=64)] = ""
    preprocessing: Annotated[str, Field(max_length=200)] = ""
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    prompts: PromptSet | None = None
    adjudicated: Adjudicated | None = None
