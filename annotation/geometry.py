"""Rectangles in pixels of an image, half-open, by named sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.rle import Rle, decode


@dataclass(frozen=True, slots=True)
class Bounds:
    """Rows ``top`` ≤ row < ``bottom``, columns ``left`` ≤ column < ``right``."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, rle: Rle) -> bool:
        """Whether the mask's box lies wholly inside."""
        return self.top <= rle.top and rle.bottom <= self.bottom and self.left <= rle.left and rle.right <= self.right

    def meets(self, rle: Rle) -> bool:
        """Whether the mask's box shares a pixel with this one."""
        return rle.top < self.bottom and self.top < rle.bottom and rle.left < self.right and self.left < rle.right


def bounds_around(masks: list[Rle]) -> Bounds:
    """The smallest rectangle around all boxes; ``masks`` is not empty."""
    return Bounds(
        min(mask.top for mask in masks),
        min(mask.left for mask in masks),
        max(mask.bottom for mask in masks),
        max(mask.right for mask in masks),
    )


def raster_of(mask: Rle, bounds: Bounds) -> NDArray[np.bool_]:
    """The mask as an image of these bounds, (rows, columns); the bounds hold it."""
    found_hw = np.zeros((bounds.bottom - bounds.top, bounds.right - bounds.left), np.bool_)
    rows = slice(mask.top - bounds.top, mask.bottom - bounds.top)
    columns = slice(mask.left - bounds.left, mask.right - bounds.left)
    found_hw[rows, columns] = decode(mask)
    return found_hw
