"""The flow field of a plane, in float16, made of overlapping tiles bit by bit.

The field is cut into units. Once all tiles of a unit are there, their weighted mean is written down, and a tile is
forgotten with the last unit that needs it: what is in memory at once is the rim of the part that is done, whatever
the size of the plane. A large field lies in an unnamed file, which goes when the process goes, however it goes.
"""

from __future__ import annotations

import os
import tempfile
from errno import EINVAL, EOPNOTSUPP
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from inference.environment import embeddings_folder
from inference.errors import EngineError, EngineErrorCode
from inference.tiling import Blend, FloatArray, Tile, Window, blocks

UNIT = 128
CHANNELS = 3
IN_MEMORY_BYTES = 32 * 1024**2
_CHUNK = 1024**2

Half = NDArray[np.float16]


def _unnamed_file(folder: Path, size: int) -> IO[bytes]:
    """A file of ``size`` bytes that has its room for certain: writing to a map of a full disk would kill us."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed with its owner)
        _reserve(file, size)
    except OSError as error:
        raise EngineError(
            EngineErrorCode.DISK_FULL,
            f"The image's flow field needs {size / 1e9:.1f} GB on the server's disk, which cannot be had "
            f"({error.strerror}). Make room in the folder of embeddings, then try again.",
            permanent=False,
        ) from error
    return cast(IO[bytes], file)


def _reserve(file: IO[bytes], size: int) -> None:
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno not in (EINVAL, EOPNOTSUPP):
            raise
        # Not every file system can do it at once.
        zeros = bytes(_CHUNK)
        for start in range(0, size, _CHUNK):
            file.write(zeros[: size - start])
        file.flush()


class Field:
    """Values (flow rows, flow columns, cell logit; row; column) of a plane of ``height`` × ``width``."""

    def __init__(self, height: int, width: int) -> None:
        self.window = Window(0, 0, height, width)
        self._shape = (CHANNELS, height, width)
        size = 2 * CHANNELS * height * width
        self._file = _unnamed_file(embeddings_folder(), size) if size > IN_MEMORY_BYTES else None
        self._array = np.empty(self._shape, np.float16) if self._file is None else None

    def _values(self) -> Half:
        """All of it; a file is mapped anew each time, so that what was read does not stay in memory."""
        if self._array is not None:
            return self._array
        return np.memmap(cast(IO[bytes], self._file), np.float16, mode="r+", shape=self._shape)

    def write(self, window: Window, values_chw: FloatArray) -> None:
        """Keep the values of a window."""
        self._values()[:, window.top : window.bottom, window.left : window.right] = values_chw

    def read(self, window: Window) -> FloatArray:
        """The values of a window."""
        part = self._values()[:, window.top : window.bottom, window.left : window.right]
        return part.astype(np.float32)

    def all(self) -> Half:
        """The whole field, as it is kept."""
        return self._values()


class FieldBuilder:
    """Makes a field from tiles of ``size``, which may come in any order and lie anywhere."""

    def __init__(self, field: Field, tiles: list[Tile], *, size: int) -> None:
        self.field = field
        self.size = size
        self.units = blocks(field.window.height, field.window.width, most=UNIT)
        self._columns = len({unit.left for unit in self.units})
        self._tops = np.array([unit.top for unit in self.units[:: self._columns]])
        self._lefts = np.array([unit.left for unit in self.units[: self._columns]])
        self._tiles_of: list[list[Tile]] = [[] for _ in self.units]
        for tile in tiles:
            for unit in self.units_in(self._cover(tile)):
                self._tiles_of[unit].append(tile)
        self._missing = [len(found) for found in self._tiles_of]
        self._outputs: dict[Tile, FloatArray] = {}
        self._uses: dict[Tile, int] = {}

    def _cover(self, tile: Tile) -> Window:
        return Window(tile.top, tile.left, tile.top + self.size, tile.left + self.size)

    def units_in(self, window: Window) -> list[int]:
        """Numbers of the units that share a pixel with a window."""
        rows = range(*_between(self._tops, window.top, window.bottom))
        columns = range(*_between(self._lefts, window.left, window.right))
        return [row * self._columns + column for row in rows for column in columns]

    def tiles_of(self, unit: int) -> list[Tile]:
        """What a unit is made of."""
        return self._tiles_of[unit]

    def is_done(self, unit: int) -> bool:
        """Whether a unit's values are in the field."""
        return self._missing[unit] == 0

    @property
    def held(self) -> int:
        """How many tiles are in memory."""
        return len(self._outputs)

    def add(self, tile: Tile, values_chw: FloatArray) -> list[int]:
        """Take a tile's output; the units that are done by it."""
        touched = self.units_in(self._cover(tile))
        self._outputs[tile], self._uses[tile] = values_chw, len(touched)
        done = []
        for unit in touched:
            self._missing[unit] -= 1
            if self._missing[unit] == 0:
                self._finish(unit)
                done.append(unit)
        return done

    def _finish(self, unit: int) -> None:
        window = self.units[unit]
        blend = Blend(channels=CHANNELS, height=window.height, width=window.width, size=self.size)
        for tile in self._tiles_of[unit]:
            blend.add(Tile(tile.top - window.top, tile.left - window.left), self._outputs[tile])
            self._uses[tile] -= 1
            if self._uses[tile] == 0:
                del self._outputs[tile], self._uses[tile]
        self.field.write(window, blend.result())


def _between(starts: NDArray[np.int64], low: int, high: int) -> tuple[int, int]:
    """Which of consecutive parts, given where they start, share a pixel with low … high."""
    return max(int(np.searchsorted(starts, low, side="right")) - 1, 0), int(np.searchsorted(starts, high, side="left"))
