"""What is not annotated completely: masks of what training should ignore."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.geometry import Bounds


@dataclass(frozen=True, slots=True)
class Whole:
    """An image's size in pixels, and where every cell of it is annotated."""

    height: int
    width: int
    regions: tuple[Bounds, ...]


def outside(whole: Whole) -> NDArray[np.bool_]:
    """(row, column): True outside of all “complete here” regions."""
    outside_hw = np.ones((whole.height, whole.width), np.bool_)
    for region in whole.regions:
        outside_hw[region.top : region.bottom, region.left : region.right] = False
    return outside_hw
