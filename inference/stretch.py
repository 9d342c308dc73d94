"""Values of any kind as 16 bits: what people see and what engines get of an image that no camera counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def stretched(band_hw: NDArray[Any], low: float, high: float) -> NDArray[np.uint16]:
    """``low`` and below become 0, ``high`` and above 65,535; what is no number becomes what 0 would. (row, column)."""
    share = (np.nan_to_num(band_hw.astype(np.float64)) - low) / max(high - low, 1e-12)
    return np.rint(np.clip(share, 0, 1) * 65_535).astype(np.uint16)
