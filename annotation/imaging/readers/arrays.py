"""A picture that is in memory as a Source. Runs in the decoder, and where old images are converted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.imaging.source import About, Channel


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
