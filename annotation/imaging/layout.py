"""How pixels lie on disk: an OME-Zarr 0.5 pyramid whose chunk files are what browsers are sent. No Django.

Axes t, c, z, y, x; level k has pixels 2^k image pixels wide, until both sides fit one chunk; a chunk is one channel of
one plane, TILE × TILE, padded with zeros, little-endian, one zstd frame. Source: the OME-Zarr specification 0.5
(https://ngff.openmicroscopy.org/0.5/), Zarr 3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotation.imaging.source import About

TILE = 512
STORE = "pixels.ome.zarr"
_LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
_ZSTD = {"name": "zstd", "configuration": {"level": 3, "checksum": False}}


@dataclass(frozen=True)
class Level:
    """One level of the pyramid: its size in its own pixels, and in chunks."""

    height: int
    width: int

    @property
    def rows(self) -> int:
        """Chunks from top to bottom."""
        return -(-self.height // TILE)

    @property
    def cols(self) -> int:
        """Chunks from left to right."""
        return -(-self.width // TILE)


def store_of(folder: Path) -> Path:
    """Where an image's folder has its pyramid."""
    return folder / STORE


def levels_of(height: int, width: int) -> list[Level]:
    """From the image itself down to the first level that fits one chunk."""
    levels = [Level(height, width)]
    while max(levels[-1].height, levels[-1].width) > TILE:
        levels.append(Level(-(-levels[-1].height // 2), -(-levels[-1].width // 2)))
    return levels


def chunk_path(level: int, t: int, c: int, z: int, row: int, col: int) -> str:
    """Where a chunk lies in the store."""
    return f"{level}/c/{t}/{c}/{z}/{row}/{col}"


def chunk_bytes(dtype: str) -> int:
    """Bytes of a chunk's values."""
    return TILE * TILE * np.dtype(dtype).itemsize


def chunk_places(about: About) -> Iterator[tuple[int, int, int, int, int, int]]:
    """(level, t, c, z, row, column) of all chunks, in the order in which they are hashed."""
    for number, level in enumerate(levels_of(about.height, about.width)):
        for t in range(about.size_t):
            for c in range(about.size_c):
                for z in range(about.size_z):
                    for row in range(level.rows):
                        for col in range(level.cols):
                            yield number, t, c, z, row, col


def write_metadata(store: Path, about: About, colours: list[str], ranges: list[tuple[float, float]]) -> None:
    """The zarr.json files: names, colours and contrast of the channels, and physical sizes where they are known."""
    levels = levels_of(about.height, about.width)
    for number, level in enumerate(levels):
        _write(store / str(number), _array(about, level))
    _write(store, {"zarr_format": 3, "node_type": "group", "attributes": _attributes(about, levels, colours, ranges)})


def _write(folder: Path, content: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _array(about: About, level: Level) -> dict[str, Any]:
    shape = {"t": about.size_t, "c": about.size_c, "z": about.size_z, "y": level.height, "x": level.width}
    return _array_of(shape, about.dtype)


def label_array(size_t: int, size_z: int, level: Level) -> dict[str, Any]:
    """zarr.json of a level of a label image: 32 bits, no channels."""
    return _array_of({"t": size_t, "z": size_z, "y": level.height, "x": level.width}, "uint32")


def _array_of(shape: dict[str, int], dtype: str) -> dict[str, Any]:
    chunk = [*[1] * (len(shape) - 2), TILE, TILE]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape.values()),
        "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [_LITTLE, _ZSTD],
        "dimension_names": list(shape),
        "attributes": {},
    }


_KINDS = {"t": ("time", "second"), "c": ("channel", None), **dict.fromkeys("zyx", ("space", "micrometer"))}


def _scales(known: dict[str, float | None], levels: int) -> dict[str, Any]:
    """Axes and transformations of a multiscale; ``known`` is the step along each axis, None where nobody said it."""
    axes = [
        {"name": name, "type": _KINDS[name][0], **({"unit": _KINDS[name][1]} if _KINDS[name][1] and step else {})}
        for name, step in known.items()
    ]
    steps = {name: step or 1.0 for name, step in known.items()}

    def scale(number: int) -> list[float]:
        return [step * 2**number if name in "yx" else step for name, step in steps.items()]

    datasets = [
        {"path": str(number), "coordinateTransformations": [{"type": "scale", "scale": scale(number)}]}
        for number in range(levels)
    ]
    return {"axes": axes, "datasets": datasets}


def label_scales(steps: tuple[float | None, ...], levels: int) -> dict[str, Any]:
    """The multiscale of a label image; ``steps`` along t (seconds), z, y and x (micrometres)."""
    return _scales(dict(zip("tzyx", steps, strict=True)), levels)


def _attributes(
    about: About, levels: list[Level], colours: list[str], ranges: list[tuple[float, float]]
) -> dict[str, Any]:
    known = dict(zip("tczyx", (about.time_step, None, *about.pixel_um), strict=True))
    channels = [
        {
            "label": channel.name,
            "color": colour.removeprefix("#").upper(),
            "active": True,
            "window": {"min": low, "max": high, "start": low, "end": high},
        }
        for channel, colour, (low, high) in zip(about.channels, colours, ranges, strict=True)
    ]
    scales = _scales(known, len(levels))
    return {"ome": {"version": "0.5", "multiscales": [scales], "omero": {"channels": channels}}}
