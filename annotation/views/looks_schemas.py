"""How channels are shown, as the HTTP API takes and gives it."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

_Value = Annotated[float, Field(ge=-1e12, le=1e12)]


class ChannelLookOut(Schema):
    """``min`` to ``max``, in the pixels' own values, become black to the whole colour, by the power ``gamma``."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    shown: bool
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    min: _Value
    max: _Value
    gamma: Annotated[float, Field(ge=0.05, le=20)]

    @model_validator(mode="after")
    def _grows(self) -> ChannelLookOut:
        if not self.min < self.max:
            raise ValueError("The minimum has to be less than the maximum.")
        return self


class LooksOut(Schema):
    """How an image is shown. ``same_contrast``: minimum and maximum are for all images of its kind; without it each
    image opens with the contrast of its own values."""

    model_config = ConfigDict(extra="forbid")

    channels: Annotated[list[ChannelLookOut], Field(min_length=1, max_length=1000)]
    inverted: bool
    projected: bool
    same_contrast: bool


class KeptLooksOut(Schema):
    """What is kept for me and for everybody in the project; null where nothing is."""

    mine: LooksOut | None
    project: LooksOut | None
