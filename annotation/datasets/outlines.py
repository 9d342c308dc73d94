"""Masks as polygons and back. Outlines run along the edges of pixels, so nothing of a mask is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.rle import EMPTY, Rle, decode, encode

Point = tuple[int, int]
Ring = list[Point]
"""Corners (x, y) in pixels of the image, the first not repeated; 0 is the image's left or upper edge."""


@dataclass(slots=True)
class Polygon:
    """A part of a mask that is connected through edges of pixels: its outer ring, clockwise on the screen, and its
    holes, the other way round. Rings do not cross; they may touch at corners."""

    outer: Ring
    holes: list[Ring] = field(default_factory=list)

    @property
    def rings(self) -> list[Ring]:
        """The outer ring, then the holes."""
        return [self.outer, *self.holes]


def polygons_of(mask: Rle) -> list[Polygon]:
    """The mask's parts, in the order of their first pixels."""
    padded_hw = np.pad(decode(mask), 1)
    rings = [part for ring in _traced(padded_hw) for part in _without_touching(ring)]
    outer = [ring for ring in rings if _twice_area(ring) > 0]
    found = [Polygon(_moved(ring, mask)) for ring in outer]
    holes = [ring for ring in rings if _twice_area(ring) < 0]
    if len(found) == 1:
        found[0].holes = [_moved(ring, mask) for ring in holes]
    elif holes:
        parts_hw, _ = ndimage.label(padded_hw)
        of_part = {int(parts_hw[_inner_pixel(ring)]): polygon for ring, polygon in zip(outer, found, strict=True)}
        for ring in holes:
            of_part[int(parts_hw[_inner_pixel(ring)])].holes.append(_moved(ring, mask))
    return found


def _moved(ring: Ring, mask: Rle) -> Ring:
    return [(x + mask.left, y + mask.top) for x, y in ring]


def _traced(padded_hw: NDArray[np.bool_]) -> list[Ring]:
    """Rings with foreground on their right, in the coordinates of the mask's box. Every corner ends one horizontal and
    one vertical edge; where two pixels touch only at a corner there are two corners in one place."""
    here = padded_hw.astype(np.int8)
    upper_left, upper_right, lower_left, lower_right = here[:-1, :-1], here[:-1, 1:], here[1:, :-1], here[1:, 1:]
    total = upper_left + upper_right + lower_left + lower_right
    double = (total == 2) & (upper_left == lower_right)
    rows, cols = np.nonzero((total % 2 == 1) | double)
    twice = double[rows, cols]
    second = np.arange(len(rows)).repeat(1 + twice)
    copy = np.r_[False, second[1:] == second[:-1]]
    rows, cols = rows[second], cols[second]
    # In a row the left corner of a place comes first. In a column the upper one does, which is the left one where the
    # pixel above it on the left is foreground.
    lower = np.where(twice[second] & (upper_left[rows, cols] == 0), ~copy, copy)
    order = np.lexsort((lower, rows, cols))
    vertical = np.empty(len(rows), np.int64)
    vertical[order[0::2]], vertical[order[1::2]] = order[1::2], order[0::2]
    # From the left end of a horizontal edge one goes right if the foreground is below it.
    left_ends = np.arange(0, len(rows), 2)
    rightwards = here[rows[left_ends] + 1, cols[left_ends] + 1] == 1
    starts = np.where(rightwards, left_ends, left_ends + 1).tolist()
    return _followed(starts, vertical.tolist(), list(zip(cols.tolist(), rows.tolist(), strict=True)))


def _followed(starts: list[int], vertical: list[int], places: list[Point]) -> list[Ring]:
    """The rings that begin with a horizontal edge at each start, each ring once."""
    rings, done = [], set[int]()
    for start in starts:
        ring, corner = Ring(), start
        while corner not in done:
            done.add(corner)
            across = corner ^ 1
            ring += [places[corner], places[across]]
            corner = vertical[across]
        if ring:
            rings.append(ring)
    return rings


def _without_touching(ring: Ring) -> list[Ring]:
    """The ring cut into rings that pass no place twice."""
    if len(set(ring)) == len(ring):
        return [ring]
    found, trail, at = [], Ring(), dict[Point, int]()
    for place in ring:
        if place in at:
            begin = at[place]
            loop = trail[begin:]
            found.append(loop)
            for passed in loop:
                del at[passed]
            del trail[begin:]
        at[place] = len(trail)
        trail.append(place)
    return [*found, trail]


def _twice_area(ring: Ring) -> int:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))


def _inner_pixel(ring: Ring) -> Point:
    """The foreground pixel (row, column of the padded box) on the right of the ring's first edge."""
    (x0, y0), (x1, y1) = ring[:2]
    if y0 == y1:
        return (y0 + 1, x0 + 1) if x1 > x0 else (y0, x1 + 1)
    return (y0 + 1, x0) if y1 > y0 else (y1 + 1, x0 + 1)


def joined(polygons: Iterable[Polygon]) -> Ring:
    """All rings as one, for formats that have one polygon for each cell: from the first corner out to each ring and
    back, so that an even-odd filling gives the same pixels."""
    rings = [ring for polygon in polygons for ring in polygon.rings]
    first, *others = rings
    path = list(first)
    for ring in others:
        path += [first[0], *ring, ring[0]]
    return path


def filled(rings: Iterable[NDArray[Any]], *, height: int, width: int) -> Rle:
    """The pixels of an image of ``height`` × ``width`` whose centres lie inside the rings, each (corner, xy) in pixels,
    by the even-odd rule. Raises ValueError for corners that are no numbers."""
    edges = [np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings if len(ring) >= 3]
    if not edges:
        return EMPTY
    ends = np.concatenate(edges).astype(np.float64)
    if not np.isfinite(ends).all():
        raise ValueError("a corner is no number")
    low, high = np.floor(ends.min(axis=(0, 1))), np.ceil(ends.max(axis=(0, 1)))
    left, top = (int(value) for value in np.clip(low, 0, [width, height]))
    right, bottom = (int(value) for value in np.clip(high, 0, [width, height]))
    if left >= right or top >= bottom:
        return EMPTY
    (x0, y0), (x1, y1) = ends[:, 0].T, ends[:, 1].T
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), top, bottom).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), top, bottom).astype(np.int64)
    edge = np.repeat(np.arange(len(ends)), last - first)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[edge]
    slope = (x1 - x0)[edge] / (y1 - y0)[edge]
    x = x0[edge] + (rows + 0.5 - y0[edge]) * slope
    cols = np.clip(np.ceil(x - 0.5), left, right).astype(np.int64)
    wide = right - left + 1
    flips = np.bincount((rows - top) * wide + cols - left, minlength=(bottom - top) * wide).reshape(-1, wide)
    return encode(np.cumsum(flips, axis=1)[:, :-1] % 2 == 1, top=top, left=left)
