"""A Source as an OME-Zarr pyramid, band by band: memory depends on an image's width, never on its height or the number
of its planes. Runs in the decoder, and where old images are converted: no Django."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.imaging.layout import STORE, TILE, chunk_path, levels_of, write_metadata
from annotation.imaging.ranges import ChannelRange
from annotation.imaging.source import About, Source

ZSTD_LEVEL = 3
"""Its window is 2 MB; browsers refuse more than 8 MB (RFC 9659)."""
THREADS = 2
_HALVED_BY_LIBRARY = ("uint8", "uint16", "int16", "float32")
_OKABE_ITO = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2")
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Written:
    """What was measured on the way: ``colours`` and ``ranges`` by channel, and the smallest level of the plane that
    stands for the image, (channel, row, column)."""

    colours: list[str]
    ranges: list[tuple[float, float]]
    preview_chw: NDArray[Any]


def colours_of(about: About) -> list[str]:
    """#rrggbb of each channel: the file's own, else red, green and blue, white for one, or a set that the colour-blind
    can tell apart."""
    if about.rgb:
        return ["#ff0000", "#00ff00", "#0000ff"]
    free = ("#ffffff",) if about.size_c == 1 else _OKABE_ITO
    return [channel.colour or free[number % len(free)] for number, channel in enumerate(about.channels)]


def write_pyramid(source: Source, folder: Path, *, progress: Progress | None = None) -> Written:
    """Write ``folder``/pixels.ome.zarr. ``progress`` is told the share that is done. What the source raises goes on."""
    cv2.setNumThreads(1)
    about, store = source.about, folder / STORE
    values = about.size_t * about.size_z * about.height * about.width
    ranges = [ChannelRange(about.dtype, values) for _ in range(about.size_c)]
    shown = 0, about.size_z // 2
    preview: NDArray[Any] | None = None
    planes = [(t, z) for t in range(about.size_t) for z in range(about.size_z)]
    with ThreadPoolExecutor(THREADS) as pool:
        packer = _Packer(store, pool)
        for number, (t, z) in enumerate(planes):
            plane = _Plane(about, packer, t=t, z=z)
            for start in range(0, about.height, TILE):
                if progress is not None:
                    progress((number + start / about.height) / len(planes))
                rows_chw = source.read_rows(t=t, z=z, start=start, stop=min(start + TILE, about.height))
                for channel, each in zip(ranges, rows_chw, strict=True):
                    channel.look(each)
                plane.add(rows_chw)
            preview = plane.smallest if (t, z) == shown else preview
        packer.finish()
    assert preview is not None  # noqa: S101 - one of the planes is the middle one
    colours, limits = colours_of(about), [channel.limits() for channel in ranges]
    write_metadata(store, about, colours, limits)
    return Written(colours, limits, preview)


class _Packer:
    """Compresses and writes chunks beside whoever reads on, a few at a time."""

    def __init__(self, store: Path, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._pool = pool
        self._waiting: list[Future[None]] = []
        self._made: set[str] = set()

    def put(self, place: str, chunk_hw: NDArray[Any]) -> None:
        folder = place.rpartition("/")[0]
        if folder not in self._made:
            (self._store / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        self._waiting.append(self._pool.submit(self._write, place, chunk_hw))
        if len(self._waiting) > 4 * THREADS:
            self._waiting.pop(0).result()

    def _write(self, place: str, chunk_hw: NDArray[Any]) -> None:
        raw: Any = np.ascontiguousarray(chunk_hw, dtype=chunk_hw.dtype.newbyteorder("<"))
        (self._store / place).write_bytes(imagecodecs.zstd_encode(raw, level=ZSTD_LEVEL))

    def finish(self) -> None:
        """All is written; raises what went wrong."""
        while self._waiting:
            self._waiting.pop(0).result()


class _Plane:
    """All levels of one (t, z), each with the rows that do not fill a chunk yet."""

    def __init__(self, about: About, packer: _Packer, *, t: int, z: int) -> None:
        self._packer = packer
        self._t, self._z = t, z
        self._levels = levels_of(about.height, about.width)
        self._left = [level.height for level in self._levels]
        self._rows: list[list[NDArray[Any]]] = [[] for _ in self._levels]
        self.smallest: NDArray[Any] = np.zeros((about.size_c, 1, 1), about.dtype)

    def add(self, rows_chw: NDArray[Any], level: int = 0) -> None:
        """The next rows of a level: a chunk's height of them, or the last."""
        kept = self._rows[level]
        kept.append(rows_chw)
        count = sum(part.shape[1] for part in kept)
        if count < min(TILE, self._left[level]):
            return
        band_chw = kept[0] if len(kept) == 1 else np.concatenate(kept, axis=1)
        kept.clear()
        row = (self._levels[level].height - self._left[level]) // TILE
        self._left[level] -= count
        self._write(level, row, band_chw)
        if level + 1 < len(self._levels):
            self.add(halved(band_chw), level + 1)
        else:
            self.smallest = band_chw

    def _write(self, level: int, row: int, band_chw: NDArray[Any]) -> None:
        for c, band_hw in enumerate(band_chw):
            for col in range(self._levels[level].cols):
                chunk_hw = band_hw[:, col * TILE : (col + 1) * TILE]
                if chunk_hw.shape != (TILE, TILE):
                    padding = (0, TILE - chunk_hw.shape[0]), (0, TILE - chunk_hw.shape[1])
                    chunk_hw = np.pad(chunk_hw, padding)
                self._packer.put(chunk_path(level, self._t, c, self._z, row, col), chunk_hw)


def halved(band_chw: NDArray[Any]) -> NDArray[Any]:
    """Half as many rows and columns, rounded up: each the mean of 2 × 2, integers rounded; an odd last row or column
    counts twice."""
    odd = [(0, 0), (0, band_chw.shape[1] % 2), (0, band_chw.shape[2] % 2)]
    even = np.pad(band_chw, odd, mode="edge") if odd[1][1] or odd[2][1] else band_chw
    if even.dtype.name in _HALVED_BY_LIBRARY:
        size = even.shape[2] // 2, even.shape[1] // 2
        return np.stack([cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in even])
    quarters = even.reshape(even.shape[0], even.shape[1] // 2, 2, even.shape[2] // 2, 2)
    mean: NDArray[Any] = np.rint(quarters.mean(axis=(2, 4))).astype(even.dtype)
    return mean
