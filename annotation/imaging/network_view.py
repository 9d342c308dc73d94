"""A small picture of what a network gets."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from annotation.imaging.layout import TILE, levels_of
from annotation.imaging.packing import access_chunk, read_chunk
from annotation.imaging.shown_plane import ShownPlane
from annotation.models import Image
from inference.pixels import unit_rgb
from inference.stretch import stretched


def network_view(image: Image, plane: ShownPlane) -> bytes:
    """WebP of the smallest level, at most TILE pixels wide or high: the channels, projection and range of ``plane``,
    then the percentiles between which networks of ours see it. Raises AppError NOT_FOUND where pixels are missing."""
    planes = [_projected(image, plane, channel) for channel in plane.channels]
    if plane.ranges:
        planes = [stretched(each, *limits) for each, limits in zip(planes, plane.ranges, strict=True)]
    view = np.stack(planes, axis=-1) if len(planes) == 3 else planes[0]
    shown_chw = np.clip(unit_rgb(view) * 255, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Pillow.fromarray(np.moveaxis(shown_chw, 0, -1)).save(file, "WEBP", quality=85, method=2)
    return file.getvalue()


def _projected(image: Image, plane: ShownPlane, channel: int) -> NDArray[Any]:
    slices = [plane.z] if plane.projection == "none" else range(image.size_z)
    total = _smallest(image, plane.t, channel, slices[0]).astype(np.float64)
    for z in slices[1:]:
        each = _smallest(image, plane.t, channel, z)
        total = np.maximum(total, each) if plane.projection == "max" else total + each
    if plane.projection == "mean":
        total /= len(slices)
    return total if image.dtype == "float32" else np.rint(total).astype(image.dtype)


def _smallest(image: Image, t: int, c: int, z: int) -> NDArray[Any]:
    """A channel of the last level, which fits one chunk."""
    levels = levels_of(image.height, image.width)
    data = read_chunk(access_chunk(image, (len(levels) - 1, t, c, z, 0, 0)))
    values = np.frombuffer(imagecodecs.zstd_decode(data), np.dtype(image.dtype).newbyteorder("<"))
    return values.reshape(TILE, TILE)[: levels[-1].height, : levels[-1].width].astype(image.dtype)
