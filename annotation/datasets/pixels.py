"""An image's pixels from its pyramid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import Axes, ChannelRecord
from annotation.imaging.layout import TILE, chunk_path, levels_of, store_of
from annotation.imaging.shown_plane import middle_plane
from annotation.models import Image

KEPT = 64
"""Chunks that are kept while boxes are read."""


class StoredPixels:
    """What the server keeps of an image's values, read when it is asked for."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._read: dict[str, NDArray[Any]] = {}

    def plane_chw(self, t: int, z: int) -> NDArray[Any]:
        """See base.Pixels."""
        image = self._image
        level = levels_of(image.height, image.width)[0]
        values_chw = np.empty((image.channels, level.rows * TILE, level.cols * TILE), image.dtype)
        for c, row, col in np.ndindex(image.channels, level.rows, level.cols):
            place = values_chw[c, row * TILE : (row + 1) * TILE, col * TILE : (col + 1) * TILE]
            place[:] = self._chunk(chunk_path(0, t, c, z, row, col))
        return values_chw[:, : image.height, : image.width]

    def box_hw(self, place: tuple[int, int, int], box: tuple[int, int, int, int]) -> NDArray[Any]:
        """The values of frame, channel and slice in a box (top, left, bottom, right) of whole pixels."""
        (t, c, z), (top, left, bottom, right) = place, box
        rows, cols = range(top // TILE, -(-bottom // TILE)), range(left // TILE, -(-right // TILE))
        values_hw = np.block([[self._kept(chunk_path(0, t, c, z, row, col)) for col in cols] for row in rows])
        y, x = rows.start * TILE, cols.start * TILE
        return values_hw[top - y : bottom - y, left - x : right - x]

    def _kept(self, path: str) -> NDArray[Any]:
        if path not in self._read:
            while len(self._read) >= KEPT:
                del self._read[next(iter(self._read))]
            self._read[path] = self._chunk(path)
        return self._read[path]

    def _chunk(self, path: str) -> NDArray[Any]:
        data = imagecodecs.zstd_decode((store_of(self._image.folder) / path).read_bytes())
        return np.frombuffer(data, np.dtype(self._image.dtype).newbyteorder("<")).reshape(TILE, TILE)

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
