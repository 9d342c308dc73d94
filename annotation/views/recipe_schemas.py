"""What the HTTP API takes and gives of recipes; TypeScript is generated from it (`make protocol`)."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

_Channel = Annotated[int, Field(ge=0, lt=1000)]
_Value = Annotated[float, Field(ge=-1e12, le=1e12)]
ChannelsOfNetwork = Annotated[list[_Channel], Field(min_length=1, max_length=3)]
Ranges = Annotated[list[Annotated[list[_Value], Field(min_length=2, max_length=2)]], Field(max_length=3)]


class RecipeIn(Schema):
    """What an engine gets. ``channels``: one, or red, green and blue. ``projection``: the slice that is looked at, or
    the largest or mean value over all. ``scaling``: values as they are, between the 0.1st and 99.9th percentile of the
    image, or between ``ranges``, a pair for each channel."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    channels: ChannelsOfNetwork
    projection: Literal["none", "max", "mean"] = "none"
    scaling: Literal["values", "image", "fixed"] = "values"
    ranges: Ranges = []


class RecipeOut(Schema):
    """What an engine gets of this project's images."""

    engine: str
    channels: list[int]
    projection: Literal["none", "max", "mean"]
    scaling: Literal["values", "image", "fixed"]
    ranges: list[list[float]]
