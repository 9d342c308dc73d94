"""What engines get of an image's plane: its three colours or its first channel."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.imaging.layout import TILE, chunk_path, levels_of, store_of
from annotation.models import Image
from inference.stretch import stretched

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


def shown_bands(image: Image, t: int, z: int) -> Iterator[bytes]:
    """A plane's raw little-endian values from top to bottom: (row, column) or (row, column, RGB)."""
    plane, level = shown_plane(image, t, z), levels_of(image.height, image.width)[0]
    for row in range(level.rows):
        high = min(TILE, image.height - row * TILE)
        band_chw = np.stack([row_of_chunks(image, channel, t=t, z=z, row=row)[:high] for channel in plane.channels])
        if plane.ranges:
            band_chw = np.stack([stretched(band, *limits) for band, limits in zip(band_chw, plane.ranges, strict=True)])
        yield np.moveaxis(band_chw, 0, -1).astype(band_chw.dtype.newbyteorder("<")).tobytes()


def row_of_chunks(image: Image, channel: int, *, t: int, z: int, row: int) -> NDArray[Any]:
    """The values of one row of chunks, TILE high (the last one padded with zeros) and as wide as the image."""
    store, level = store_of(image.folder), levels_of(image.height, image.width)[0]
    chunks = []
    for col in range(level.cols):
        data = imagecodecs.zstd_decode((store / chunk_path(0, t, channel, z, row, col)).read_bytes())
        chunks.append(np.frombuffer(data, np.dtype(image.dtype).newbyteorder("<")).reshape(TILE, TILE))
    return np.concatenate(chunks, axis=1)[:, : image.width]


def gzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same as one gzip file."""
    packer = zlib.compressobj(level=1, wbits=31)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()
