"""An image's pixels from its pyramid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import Axes, ChannelRecord
from annotation.imaging.layout import levels_of, store_of
from annotation.imaging.shown_plane import middle_plane, row_of_chunks
from annotation.models import Image


class StoredPixels:
    """What the server keeps of an image's values, read when it is asked for."""

    def __init__(self, image: Image) -> None:
        self._image = image

    def plane_chw(self, t: int, z: int) -> NDArray[Any]:
        """See base.Pixels."""
        image = self._image
        rows = range(levels_of(image.height, image.width)[0].rows)
        bands = [np.stack([row_of_chunks(image, c, t=t, z=z, row=row) for c in range(image.channels)]) for row in rows]
        return np.concatenate(bands, axis=1)[:, : image.height]

    def files(self) -> Iterator[tuple[str, Path]]:
        """See base.Pixels. Sorted by name."""
        store = store_of(self._image.folder)
        for path in sorted(store.rglob("*")):
            if path.is_file():
                yield path.relative_to(store).as_posix(), path


def axes_of(image: Image) -> Axes:
    """What its pixels are."""
    return Axes(
        dtype=image.dtype,
        rgb=image.rgb,
        size_t=image.size_t,
        size_z=image.size_z,
        shown_z=middle_plane(image)[1],
        pixel_um=(image.pixel_um_z, image.pixel_um_y, image.pixel_um_x),
        time_step=image.time_step,
        channels=tuple(
            ChannelRecord(each["name"], each["colour"], each["low"], each["high"]) for each in image.channel_info
        ),
    )
