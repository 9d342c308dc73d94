"""What engines get of an image's plane: what the project's recipe says, or its three colours or its first channel."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.errors import AppError, ErrorCode
from annotation.models import Image, Recipe, Scaling

COUNTED = ("uint8", "uint16")
"""Numbers that cameras count in; others are shown and segmented as 16 bits between the channel's percentiles."""


@dataclass(frozen=True)
class ShownPlane:
    """Slice ``z`` of frame ``t``, or a ``projection`` over all slices; ``ranges`` as in
    inference.contracts.PlaneView."""

    t: int
    z: int
    channels: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...]
    projection: str = "none"


def middle_plane(image: Image) -> tuple[int, int]:
    """(t, z) of the plane that an image opens at: the middle slice of the first frame."""
    return 0, image.size_z // 2


def default_recipe(image: Image) -> Recipe:
    """What engines get where nobody has said anything."""
    return Recipe(channels=[0, 1, 2] if image.rgb else [0], projection="none", scaling=Scaling.VALUES, ranges=[])


def shown_plane(image: Image, t: int, z: int, recipe: Recipe | None) -> ShownPlane:
    """What an engine gets of slice ``z`` of frame ``t``. Raises AppError where the image lacks one of the channels."""
    recipe = recipe or default_recipe(image)
    if max(recipe.channels) >= image.channels:
        message = (
            f"{recipe.engine} gets channel {max(recipe.channels) + 1} of this project's images, and this one has "
            f"{image.channels}. Ask a manager to change what the network sees."
        )
        raise AppError(ErrorCode.ENGINE, message, status=409)
    ranges = tuple((float(low), float(high)) for low, high in recipe.ranges)
    if recipe.scaling == Scaling.IMAGE or (recipe.scaling == Scaling.VALUES and image.dtype not in COUNTED):
        about = [image.channel_info[channel] for channel in recipe.channels]
        ranges = tuple((each["low"], each["high"]) for each in about)
    # All slices share what is computed of a projection.
    slice_z = z if recipe.projection == "none" else 0
    return ShownPlane(t, slice_z, tuple(recipe.channels), ranges, recipe.projection)
