"""What is not annotated completely: masks of what training should ignore."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import ImageRecord
from annotation.datasets.planes import plane_stem
from annotation.geometry import Bounds


@dataclass(frozen=True, slots=True)
class Partly:
    """A plane of an image that has “complete here” regions, of ``height`` × ``width`` pixels, and those on it."""

    stem: str
    height: int
    width: int
    boxes: tuple[Bounds, ...]

    def outside(self) -> NDArray[np.bool_]:
        """(row, column): True outside of all regions."""
        outside_hw = np.ones((self.height, self.width), np.bool_)
        for box in self.boxes:
            outside_hw[box.top : box.bottom, box.left : box.right] = False
        return outside_hw


def partly_of(image: ImageRecord, t: int, z: int) -> Partly:
    """Slice ``z`` of frame ``t`` with its regions."""
    boxes = tuple(region.box for region in image.regions if (region.t, region.z) == (t, z))
    return Partly(plane_stem(image, t, z), image.height, image.width, boxes)
