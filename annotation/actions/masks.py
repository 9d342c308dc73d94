"""New pixels never take another cell's: what is left of a mask beside those that are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.errors import ErrorCode, RefusedError
from annotation.geometry import Bounds, bounds_around
from annotation.models import Image
from inference import rle
from inference.rle import Rle

Plane = tuple[int, int]
"""(t, z): slice z of frame t."""
# Written out, because every stroke asks (see log.py).
_NEAR = """
SELECT top, "left", height, width, counts FROM annotation_annotation
WHERE image_id = %(image)s AND t = %(t)s AND z = %(z)s AND NOT deleted AND id <> ALL(%(without)s::uuid[])
    AND top < %(bottom)s AND "left" < %(right)s AND top + height > %(top)s AND "left" + width > %(left)s
"""


def check_inside(mask: Rle, image: Image) -> None:
    """Raise unless the mask's box lies inside of the image."""
    if not Bounds(0, 0, image.height, image.width).holds(mask):
        raise RefusedError(ErrorCode.BAD_REQUEST, "A mask reaches beyond the image.")


class Occupied:
    """The pixels that cells of one plane have inside a rectangle. Boolean raster (row, column) of it."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.taken_hw: NDArray[np.bool_] = np.zeros((bounds.bottom - bounds.top, bounds.right - bounds.left), np.bool_)

    @classmethod
    def around(cls, image: Image, plane: Plane, masks: list[Rle], *, without: Iterable[object] = ()) -> Occupied:
        """What the plane's cells, except those with the given ids, have around ``masks`` (not empty)."""
        occupied = cls(bounds_around(masks))
        bounds = occupied.bounds
        t, z = plane
        params = {"image": image.pk, "t": t, "z": z, "without": list(without), **asdict(bounds)}
        with connection.cursor() as cursor:
            cursor.execute(_NEAR, params)
            for top, left, height, width, counts in cursor.fetchall():
                occupied.add(Rle(top, left, height, width, tuple(counts)))
        return occupied

    def add(self, mask: Rle) -> None:
        """These pixels are taken from now on."""
        if self.bounds.meets(mask):
            moved = mask.moved(down=-self.bounds.top, across=-self.bounds.left)
            rle.paste(moved, self.taken_hw, 1)

    def free_part(self, mask: Rle) -> Rle:
        """The mask without the pixels that are taken; the mask itself where none is. It lies inside the bounds."""
        top, left = mask.top - self.bounds.top, mask.left - self.bounds.left
        taken_hw = self.taken_hw[top : top + mask.height, left : left + mask.width]
        mask_hw = rle.decode(mask)
        if not (taken_hw & mask_hw).any():
            return mask
        return rle.encode(mask_hw & ~taken_hw, top=mask.top, left=mask.left)


class Room:
    """What is free on each of the planes that an operation touches."""

    def __init__(self, image: Image, masks: Iterable[tuple[Plane, Rle]], *, without: Iterable[object] = ()) -> None:
        """``masks`` are those that it wants to place; cells ``without`` count as gone."""
        wanted: defaultdict[Plane, list[Rle]] = defaultdict(list)
        for plane, mask in masks:
            wanted[plane].append(mask)
        left_out = list(without)
        self._occupied = {
            plane: Occupied.around(image, plane, there, without=left_out) for plane, there in wanted.items()
        }

    def free_part(self, plane: Plane, mask: Rle) -> Rle:
        """The mask without the pixels that are taken on its plane."""
        return self._occupied[plane].free_part(mask)

    def take(self, plane: Plane, mask: Rle) -> None:
        """These pixels are taken from now on."""
        self._occupied[plane].add(mask)
