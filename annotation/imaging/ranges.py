"""Between which values a channel's contrast begins. Runs in the decoder: no Django."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOW_SHARE, HIGH_SHARE = 0.001, 0.999
_COUNTED_BITS = 16
_ENOUGH = 16_000_000
_SAMPLE = 2_000_000


class ChannelRange:
    """The 0.1st and the 99.9th percentile of the values that it is shown. Of 8 and 16 bit they are exact up to 16
    million values, then of evenly drawn rows; of wider numbers they are those of an even sample of two million. What
    is no finite number does not count."""

    def __init__(self, dtype: str, values: int) -> None:
        self._dtype = np.dtype(dtype)
        self._step = max(1, values // _ENOUGH)
        self._row = 0
        self._counts: NDArray[np.int64] | None = None
        if self._dtype.itemsize * 8 <= _COUNTED_BITS:
            self._counts = np.zeros(2 ** (self._dtype.itemsize * 8), np.int64)
        self._stride = max(1, values // _SAMPLE)
        self._sample: list[NDArray[Any]] = []

    def look(self, rows_hw: NDArray[Any]) -> None:
        """More rows of the channel."""
        if self._counts is None:
            flat = rows_hw.ravel()[:: self._stride]
            self._sample.append(flat[np.isfinite(flat)].copy())
            return
        first = -self._row % self._step
        self._row += rows_hw.shape[0]
        unsigned = rows_hw[first :: self._step].view(f"u{self._dtype.itemsize}")
        self._counts += np.bincount(unsigned.ravel(), minlength=self._counts.size)

    def limits(self) -> tuple[float, float]:
        """(low, high); (0, 0) where there was nothing to see."""
        if self._counts is not None:
            return self._of_counts(self._counts)
        values = np.sort(np.concatenate(self._sample)) if self._sample else np.zeros(0)
        if not values.size:
            return 0.0, 0.0
        last = values.size - 1
        return float(values[int(LOW_SHARE * last)]), float(values[int(np.ceil(HIGH_SHARE * last))])

    def _of_counts(self, counts: NDArray[np.int64]) -> tuple[float, float]:
        half = counts.size // 2 if self._dtype.kind == "i" else 0
        reached = np.cumsum(np.roll(counts, half))
        total = int(reached[-1])
        low = int(np.searchsorted(reached, LOW_SHARE * total, side="right"))
        high = int(np.searchsorted(reached, HIGH_SHARE * total))
        return float(low - half), float(max(low, high) - half)
