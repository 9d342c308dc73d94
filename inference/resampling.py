"""Parts of a resized image, without resizing all of it. The arithmetic is OpenCV's linear interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of ``length`` pixels, seen at ``scaled`` pixels."""

    length: int
    scaled: int

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The pixels that places ``start`` to ``stop`` of the scaled axis are made of, half-open."""
        if self.length == self.scaled:
            return start, stop
        low, _ = self._places(start, stop)
        return max(int(low[0]), 0), min(int(low[-1]) + 2, self.length)

    def resample(self, values: NDArray[Any], start: int, stop: int, *, axis: int) -> NDArray[Any]:
        """Places ``start`` to ``stop`` of the scaled axis from the pixels of ``span(start, stop)``, which lie along
        ``axis`` of ``values``."""
        if self.length == self.scaled:
            return values
        low, fraction = self._places(start, stop)
        first = self.span(start, stop)[0]
        near = np.take(values, np.clip(low, 0, self.length - 1) - first, axis=axis).astype(np.float32)
        far = np.take(values, np.clip(low + 1, 0, self.length - 1) - first, axis=axis).astype(np.float32)
        shape = [1] * values.ndim
        shape[axis] = -1
        weight = fraction.reshape(shape)
        result: FloatArray = near * (1 - weight) + far * weight
        return result

    def _places(self, start: int, stop: int) -> tuple[NDArray[np.int64], FloatArray]:
        """The pixel before each place, and how far the place lies behind that pixel's centre."""
        places = (np.arange(start, stop) + 0.5) * (self.length / self.scaled) - 0.5
        low = np.floor(places)
        return low.astype(np.int64), (places - low).astype(np.float32)
