"""Which part of a large plane Segment Anything looks at for a prompt."""

from __future__ import annotations

from inference.contracts import Prompts
from inference.engines.base import Tile

LARGE = 2048
"""Image pixels of the longer side above which a plane has tiles: below, a whole image loses less than half."""
SIDE, STEP = 1536, 768
"""Tiles begin at every multiple of STEP, so that a prompt of at most SIDE - STEP lies inside of the one that has it
most in its middle. SAM sees two of three pixels of a tile."""


def _extent(prompts: Prompts, height: int, width: int) -> tuple[float, float, float, float]:
    """Top, left, bottom, right of everything in the prompt, cut to the plane."""
    places = [(point.row, point.col) for point in prompts.points]
    places += [place for scribble in prompts.scribbles for place in scribble.places]
    for area in (prompts.box, prompts.mask):
        if area is not None:
            places += [(area.top, area.left), (area.bottom, area.right)]
    rows = [min(max(row, 0.0), float(height)) for row, _ in places]
    columns = [min(max(col, 0.0), float(width)) for _, col in places]
    return min(rows), min(columns), max(rows), max(columns)


def _start(low: float, high: float, length: int) -> int:
    """Where the tile begins along one side of the plane in whose middle low … high lies best."""
    nearest = round(((low + high) / 2 - SIDE / 2) / STEP) * STEP
    return max(0, min(nearest, length - SIDE))


def choose_tile(prompts: Prompts, *, height: int, width: int) -> Tile | None:
    """The tile for a prompt on a plane, or None for all of it: a plane that is not large, or a prompt larger than
    tiles overlap."""
    if max(height, width) <= LARGE:
        return None
    top, left, bottom, right = _extent(prompts, height, width)
    if max(bottom - top, right - left) > SIDE - STEP:
        return None
    return _start(top, bottom, height), _start(left, right, width), min(SIDE, height), min(SIDE, width)
