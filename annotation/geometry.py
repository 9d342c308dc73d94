"""Rectangles in pixels of an image, half-open, by named sides."""

from __future__ import annotations

from dataclasses import dataclass

from inference.rle import Rle


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
