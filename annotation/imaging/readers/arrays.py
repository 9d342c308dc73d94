"""A picture, or one plane after the other, in memory as a Source. Runs in the decoder, and where old images are
converted: no Django."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.refusals import too_large
from annotation.imaging.source import About, Channel

MAX_PLANE_BYTES = 768 * 1024**2


class ArraySource:
    """``pixels``: (row, column) or (row, column, RGB). ``notes``: what was left out, for people."""

    def __init__(self, pixels: NDArray[Any], notes: Sequence[str] = ()) -> None:
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else 3
        self._pixels_hwc = pixels.reshape(height, width, channels)
        self.about = About(
            size_t=1,
            size_c=channels,
            size_z=1,
            height=height,
            width=width,
            dtype=pixels.dtype.name,
            channels=(Channel(),) * channels,
            rgb=channels == 3,
            notes=tuple(notes),
        )

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        assert t == z == 0  # noqa: S101 - there is one plane
        return np.ascontiguousarray(np.moveaxis(self._pixels_hwc[start:stop], -1, 0))


class PlanesSource:
    """A file that is read plane by plane: ``load`` gives all channels of (t, z) as (channel, row, column). The last
    plane is kept, so it must be small enough: raises RefusalError where it is not."""

    def __init__(self, about: About, load: Callable[[int, int], NDArray[Any]]) -> None:
        if about.size_c * about.height * about.width * np.dtype(about.dtype).itemsize > MAX_PLANE_BYTES:
            raise too_large("would take more memory than this server gives to one plane", "Save it as OME-TIFF.")
        self.about = about
        self._load = load
        self._open: tuple[tuple[int, int], NDArray[Any]] | None = None

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        if self._open is None or self._open[0] != (t, z):
            self._open = None
            with damaged_where_it_breaks(reason="its pixels cannot be decoded"):
                self._open = (t, z), self._load(t, z)
        return np.ascontiguousarray(self._open[1][:, start:stop], dtype=self.about.dtype)
