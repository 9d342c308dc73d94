"""Which part of a large plane a prompt is answered from."""

from __future__ import annotations

from dataclasses import dataclass

from inference.contracts import Prompts
from inference.engines.base import Tile


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


@dataclass(frozen=True, slots=True)
class Tiles:
    """Squares of ``side`` pixels that begin at every multiple of ``step``, so that a prompt of at most ``side - step``
    lies inside of the one that has it most in its middle."""

    side: int
    step: int

    def of(self, prompts: Prompts, *, height: int, width: int) -> Tile | None:
        """The tile for a prompt on a plane, or None for all of it: a prompt larger than tiles overlap."""
        top, left, bottom, right = _extent(prompts, height, width)
        if max(bottom - top, right - left) > self.side - self.step:
            return None
        side = self.side
        return self._start(top, bottom, height), self._start(left, right, width), min(side, height), min(side, width)

    def _start(self, low: float, high: float, length: int) -> int:
        """Where the tile begins along one side of the plane in whose middle low … high lies best."""
        nearest = round(((low + high) / 2 - self.side / 2) / self.step) * self.step
        return max(0, min(nearest, length - self.side))
