"""Prompts in the pixels of a flow field, whatever its scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.cells import FlowMaps
from inference.contracts import Prompts, Scribble
from inference.rle import decode

Places = NDArray[np.int64]
"""(n, 2) rows and columns of pixels."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of pixels, half-open."""

    top: int
    left: int
    bottom: int
    right: int

    def grown(self, by: int, maps: FlowMaps) -> Region:
        """``by`` pixels larger on each side, as far as the field reaches."""
        height, width = maps.cell_hw.shape
        return Region(
            max(self.top - by, 0), max(self.left - by, 0), min(self.bottom + by, height), min(self.right + by, width)
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing (row, column) arrays."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def local(self, places: Places) -> Places:
        """Places of the field, counted from the region's corner."""
        return places - (self.top, self.left)


@dataclass(frozen=True, slots=True)
class FieldPrompts:
    """``clicks`` and ``strokes`` that are positive, ``negatives`` of both kinds, each a group of places; ``box`` the
    pixels whose middle lies in it; ``mask_hw`` the mask prompt's pixels in ``mask_region``."""

    clicks: Places
    strokes: tuple[Places, ...]
    negatives: tuple[Places, ...]
    box: Region | None
    mask_region: Region | None
    mask_hw: Mask | None

    @property
    def extent(self) -> Region:
        """Around all that says what is wanted."""
        spans = [Region(row, col, row + 1, col + 1) for row, col in self.clicks.tolist()]
        spans += [Region(*places.min(axis=0), *(places.max(axis=0) + 1)) for places in self.strokes]
        spans += [region for region in (self.box, self.mask_region) if region is not None]
        return Region(
            min(span.top for span in spans), min(span.left for span in spans),
            max(span.bottom for span in spans), max(span.right for span in spans),
        )  # fmt: skip


def _pixels(maps: FlowMaps, places: NDArray[np.float64]) -> Places:
    """The field's pixels that hold places (n, 2) of the image."""
    last = np.array(maps.cell_hw.shape) - 1
    return np.clip(np.floor(places * (maps.down, maps.across)).astype(np.int64), 0, last)


def _stroke(maps: FlowMaps, scribble: Scribble) -> Places:
    """Pixels along a stroke, about one by one."""
    corners = np.array(scribble.places, np.float64).reshape(-1, 2)
    steps = np.hypot(*(np.diff(corners, axis=0) * (maps.down, maps.across)).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    at = np.linspace(0, along[-1], int(along[-1]) + 2)
    places = np.column_stack([np.interp(at, along, corners[:, axis]) for axis in (0, 1)])
    return np.unique(_pixels(maps, places), axis=0)


def _range(start: float, stop: float, length: int) -> tuple[int, int]:
    """Pixels whose middle lies in start…stop; at least one."""
    first = int(np.clip(np.ceil(start - 0.5), 0, length - 1))
    return first, int(np.clip(np.ceil(stop - 0.5), first + 1, length))


def _region(maps: FlowMaps, top: float, left: float, bottom: float, right: float) -> Region:
    height, width = maps.cell_hw.shape
    rows = _range(top * maps.down, bottom * maps.down, height)
    cols = _range(left * maps.across, right * maps.across, width)
    return Region(rows[0], cols[0], rows[1], cols[1])


def _mask(maps: FlowMaps, prompts: Prompts) -> tuple[Region, Mask] | tuple[None, None]:
    """The mask prompt, looked up at the middles of the field's pixels."""
    mask = prompts.mask
    if mask is None or mask.area == 0:
        return None, None
    region = _region(maps, mask.top, mask.left, mask.bottom, mask.right)
    pixels_hw = decode(mask)
    rows = np.floor((np.arange(region.top, region.bottom) + 0.5) / maps.down).astype(int) - mask.top
    cols = np.floor((np.arange(region.left, region.right) + 0.5) / maps.across).astype(int) - mask.left
    inside = np.outer((rows >= 0) & (rows < mask.height), (cols >= 0) & (cols < mask.width))
    found_hw = pixels_hw[np.clip(rows, 0, mask.height - 1)[:, None], np.clip(cols, 0, mask.width - 1)[None]]
    return region, found_hw & inside


def field_prompts(maps: FlowMaps, prompts: Prompts) -> FieldPrompts:
    """A checked prompt (engines.prompts.check_prompts) on the field's grid."""
    points = np.array([(point.row, point.col) for point in prompts.points], np.float64).reshape(-1, 2)
    positive = np.array([point.positive for point in prompts.points], bool)
    pixels = _pixels(maps, points)
    box = prompts.box
    region, mask_hw = _mask(maps, prompts)
    strokes = [(stroke.positive, _stroke(maps, stroke)) for stroke in prompts.scribbles]
    return FieldPrompts(
        clicks=pixels[positive],
        strokes=tuple(places for is_positive, places in strokes if is_positive),
        negatives=(*pixels[~positive][:, None], *(places for is_positive, places in strokes if not is_positive)),
        box=None if box is None else _region(maps, box.top, box.left, box.bottom, box.right),
        mask_region=region,
        mask_hw=mask_hw,
    )
