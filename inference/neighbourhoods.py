"""A plane in blocks, each of which gets its masks as soon as the flow field around it is there.

A block's masks are made of its window: the block and a halo. A cell belongs to the block in which the middle of its
box lies, and is taken whole, halo and all; so every cell is found once and no border cuts one. Where a cell of the
block reaches the rim of the window, the window was too small for it: the block waits for a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from inference.contracts import Box, MaskResult
from inference.field import FieldBuilder
from inference.tiling import Tile, Window

LARGEST_HALO = 1024
"""Pixels; a cell that reaches farther beyond its block is taken as the window shows it."""


def in_order(blocks: Sequence[Window], first: Box | None) -> list[int]:
    """Numbers of the blocks: those in ``first`` before those around it, from its middle outwards."""
    if first is None:
        return list(range(len(blocks)))
    row, col = (first.top + first.bottom) / 2, (first.left + first.right) / 2

    def rank(number: int) -> tuple[float, float, int]:
        block = blocks[number]
        rows = max(first.top - block.bottom, block.top - first.bottom)
        columns = max(first.left - block.right, block.left - first.right)
        return max(rows, columns, 0.0), block.distance(row, col), number

    return sorted(range(len(blocks)), key=rank)


def is_cut(cell: MaskResult, window: Window, plane: Window) -> bool:
    """Whether a cell reaches a rim of the window beyond which the plane goes on."""
    mask = cell.mask
    return (
        (mask.top <= window.top > plane.top)
        or (mask.left <= window.left > plane.left)
        or (mask.bottom >= window.bottom < plane.bottom)
        or (mask.right >= window.right < plane.right)
    )


def owns(block: Window, cell: MaskResult) -> bool:
    """Whether the middle of the cell's box lies in the block."""
    mask = cell.mask
    row, col = mask.top + mask.height / 2, mask.left + mask.width / 2
    return block.top <= row < block.bottom and block.left <= col < block.right


class Neighbourhoods:
    """The blocks of one plane. ``seen`` turns a window of the plane into the window of the field that it needs,
    ``masks`` finds the cells of a window."""

    def __init__(
        self,
        builder: FieldBuilder,
        plane: Window,
        blocks: Sequence[Window],
        *,
        order: Sequence[int],
        halo: int,
        seen: Callable[[Window], Window],
        masks: Callable[[Window], list[MaskResult]],
    ) -> None:
        self._builder = builder
        self._plane = plane
        self._blocks = blocks
        self._order = order
        self._halo = dict.fromkeys(order, halo)
        self._seen = seen
        self._masks = masks
        self._waiting: dict[int, set[int]] = {}
        self.left = len(blocks)
        for block in order:
            self._wait(block)

    def tiles(self) -> Iterator[Tile]:
        """All tiles, in the order in which the blocks need them."""
        given: set[Tile] = set()
        for block in self._order:
            units = self._builder.units_in(self._seen(self._window(block)))
            tiles = {tile for unit in units for tile in self._builder.tiles_of(unit)} - given
            given |= tiles
            yield from sorted(tiles, key=lambda tile: (tile.top, tile.left))

    def _window(self, block: int) -> Window:
        return self._blocks[block].grown(self._halo[block], within=self._plane)

    def _wait(self, block: int) -> bool:
        """Note what the block's window still misses; whether that is anything."""
        units = self._builder.units_in(self._seen(self._window(block)))
        missing = {unit for unit in units if not self._builder.is_done(unit)}
        self._waiting[block] = missing
        return bool(missing)

    def on_units(self, done: Sequence[int]) -> Iterator[tuple[int, list[MaskResult]]]:
        """These units are in the field now: the blocks that have their masks by it, with their cells."""
        for block in [block for block in self._order if block in self._waiting]:
            missing = self._waiting[block]
            if not missing.isdisjoint(done):
                missing.difference_update(done)
                if not missing:
                    yield from self._settle(block)

    def _settle(self, block: int) -> Iterator[tuple[int, list[MaskResult]]]:
        """The block's cells, unless one of them makes it wait for a larger window."""
        while True:
            window = self._window(block)
            cells = [cell for cell in self._masks(window) if owns(self._blocks[block], cell)]
            if self._halo[block] >= LARGEST_HALO or not any(is_cut(cell, window, self._plane) for cell in cells):
                del self._waiting[block]
                self.left -= 1
                yield block, cells
                return
            self._halo[block] *= 2
            if self._wait(block):
                return
