"""Images of any size through a network that sees square tiles: batches, one flow field, masks block by block.

Tiles of several images share batches. Memory holds the current batch, the tiles at the rim of what is done, and one
block's window; the field of a large image lies on disk (inference.field).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inference import torch_runtime
from inference.contracts import Box, MaskResult, Part, Segmentation
from inference.field import Field, FieldBuilder
from inference.memory import LessMemory
from inference.neighbourhoods import Neighbourhoods, in_order
from inference.parts import part_of
from inference.resampling import Axis
from inference.tiling import FloatArray, Tile, Window, blocks

BLOCK = 512
"""Pixels along a side of the neighbourhoods that are handed out one by one."""
LARGE_BLOCK = 2048
"""The same where nobody sees cells before all are there: less is done twice."""
HALO = 128

Masks = Callable[[FloatArray, float], Segmentation]
"""Cells from a field's values (flow rows, flow columns, cell logit; row; column) and from the share that these are of
the image's pixels."""


class TileNetwork(Protocol):
    """A network whose input is ``size`` × ``size`` pixels."""

    size: int

    def tiles(self, height: int, width: int) -> list[Tile]:
        """Those that cover a plane; they may stick out."""

    def run(self, inputs_nchw: FloatArray) -> FloatArray:
        """(tile, 3, row, column) for (tile, channel, row, column)."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An image (row, column, channel) as a network sees it: 0 and 1 of each channel at ``bounds``, resized to
    ``height`` × ``width``."""

    image_hwc: NDArray[Any]
    bounds: list[tuple[float, float]]
    height: int
    width: int

    @property
    def channels(self) -> int:
        """1 or 3; a batch has images of one kind."""
        return int(self.image_hwc.shape[2])

    @property
    def rows(self) -> Axis:
        """The rows as the network sees them."""
        return Axis(self.image_hwc.shape[0], self.height)

    @property
    def columns(self) -> Axis:
        """The columns as the network sees them."""
        return Axis(self.image_hwc.shape[1], self.width)

    def cut(self, tile: Tile, size: int) -> FloatArray:
        """One tile (channel, row, column), zero outside of the image."""
        result = np.zeros((self.channels, size, size), np.float32)
        top, left = max(tile.top, 0), max(tile.left, 0)
        bottom, right = min(tile.top + size, self.height), min(tile.left + size, self.width)
        pixels = self._read(top, bottom, left, right)
        rows, columns = slice(top - tile.top, bottom - tile.top), slice(left - tile.left, right - tile.left)
        for index, (low, high) in enumerate(self.bounds):
            if high - low > 1e-3:
                result[index, rows, columns] = (pixels[..., index].astype(np.float32) - low) / (high - low)
        return result

    def _read(self, top: int, bottom: int, left: int, right: int) -> NDArray[Any]:
        rows, columns = self.rows.span(top, bottom), self.columns.span(left, right)
        pixels = self.image_hwc[slice(*rows), slice(*columns)]
        return self.rows.resample(self.columns.resample(pixels, left, right, axis=1), top, bottom, axis=0)


class Plan:
    """What is to be done for one image, and how far it is."""

    def __init__(
        self, scene: Scene, network: TileNetwork, masks: Masks, *, block: int = BLOCK, first: Box | None = None
    ) -> None:
        height, width = scene.image_hwc.shape[:2]
        self.scene = scene
        self.plane = Window(0, 0, height, width)
        self.field = Field(scene.height, scene.width)
        self._masks = masks
        # The field's axes, seen in the image's pixels.
        self._rows, self._columns = Axis(scene.height, height), Axis(scene.width, width)
        tiles = network.tiles(scene.height, scene.width)
        self._builder = FieldBuilder(self.field, tiles, size=network.size)
        parts = blocks(height, width, most=block)
        self._count, self._tiles, self._done = len(parts), len(tiles), 0
        self._neighbourhoods = Neighbourhoods(
            self._builder, self.plane, parts, order=in_order(parts, first), halo=HALO, seen=self._seen, masks=self._find
        )

    def tiles(self) -> Iterator[Tile]:
        """All tiles, in the order in which they are wanted."""
        return self._neighbourhoods.tiles()

    @property
    def share(self) -> float:
        """How much of the network's and of the masks' work is done, in that order 0 to 1 each, mixed."""
        return 0.85 * self._done / self._tiles + 0.15 * (1 - self._neighbourhoods.left / self._count)

    @property
    def is_done(self) -> bool:
        """Whether all blocks have been handed out."""
        return self._neighbourhoods.left == 0

    def add(self, tile: Tile, output_chw: FloatArray) -> Iterator[Part]:
        """A tile's output; the blocks that are done by it."""
        self._done += 1
        units = self._builder.add(tile, output_chw)
        for number, cells in self._neighbourhoods.on_units(units):
            yield Part(number, tuple(cells))

    def _seen(self, window: Window) -> Window:
        rows = self._rows.span(window.top, window.bottom)
        columns = self._columns.span(window.left, window.right)
        return Window(rows[0], columns[0], rows[1], columns[1])

    def values(self, window: Window) -> FloatArray:
        """The field (channel, row, column) of a window of the image, in the image's pixels."""
        values = self.field.read(self._seen(window))
        values = self._rows.resample(values, window.top, window.bottom, axis=1)
        return np.asarray(self._columns.resample(values, window.left, window.right, axis=2), np.float32)

    def _find(self, window: Window) -> list[MaskResult]:
        found = self._masks(self.values(window), window.area / self.plane.area)
        cells = part_of(0, found).cells
        return [MaskResult(cell.mask.moved(down=window.top, across=window.left), cell.score) for cell in cells]


def run(
    plans: Iterable[Plan], network: TileNetwork, *, batch: int, before: Callable[[Plan], None]
) -> Iterator[tuple[Plan, Part]]:
    """Parts of all plans as they come. ``before`` is called before each batch and may stop everything; ``batch`` is
    how many tiles are run at once where memory allows it."""
    memory = LessMemory()
    group: list[tuple[Plan, Tile]] = []
    for plan in plans:
        for tile in plan.tiles():
            if len(group) == batch or (group and group[0][0].scene.channels != plan.scene.channels):
                before(group[-1][0])
                yield from _parts(group, network, memory, batch=batch)
                group = []
            group.append((plan, tile))
    if group:
        before(group[-1][0])
        yield from _parts(group, network, memory, batch=batch)


def _parts(
    group: list[tuple[Plan, Tile]], network: TileNetwork, memory: LessMemory, *, batch: int
) -> Iterator[tuple[Plan, Part]]:
    inputs = np.stack([plan.scene.cut(tile, network.size) for plan, tile in group])
    outputs = memory.call(lambda: _outputs(inputs, network, batch=batch))
    for (plan, tile), output_chw in zip(group, outputs, strict=True):
        for part in plan.add(tile, output_chw):
            yield plan, part


def _outputs(inputs: FloatArray, network: TileNetwork, *, batch: int) -> FloatArray:
    size = torch_runtime.batch_size(batch)
    return np.concatenate([network.run(inputs[start : start + size]) for start in range(0, len(inputs), size)])
