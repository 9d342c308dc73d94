"""What engines get of an image's plane: its three colours or its first channel."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.models import Image

COUNTED = ("uint8", "uint16")
"""Numbers that cameras count in; others are shown and segmented as 16 bits between the channel's percentiles."""


@dataclass(frozen=True)
class ShownPlane:
    """Slice ``z`` of frame ``t``; ``ranges`` as in inference.contracts.PlaneView."""

    t: int
    z: int
    channels: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...]


def middle_plane(image: Image) -> tuple[int, int]:
    """(t, z) of the plane that an image opens at: the middle slice of the first frame."""
    return 0, image.size_z // 2


def shown_plane(image: Image, t: int, z: int) -> ShownPlane:
    """What engines get of slice ``z`` of frame ``t``."""
    channels = (0, 1, 2) if image.rgb else (0,)
    about = [image.channel_info[channel] for channel in channels]
    ranges = () if image.dtype in COUNTED else tuple((each["low"], each["high"]) for each in about)
    return ShownPlane(t, z, channels, ranges)
