"""Planes as engines get them: cut out of an image's pyramid once, kept as .npy files that every worker maps.

A file is named by the hash of pixels and view, so it never changes; it appears at one stroke. What was used longest
ago goes first when there are too many bytes: a worker that still maps it keeps it until it is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.errors import BaseZarrError

from inference.contracts import ImageRef, PlaneView
from inference.engines.base import Image
from inference.environment import planes_bytes, planes_folder
from inference.errors import EngineError, EngineErrorCode
from inference.stretch import stretched

BAND_ROWS = 512
"""Rows that are read at once: a chunk's height."""


def load_pixels(image: ImageRef) -> Image:
    """The pixels, mapped, not read: (row, column) or (row, column, RGB), uint8 or uint16. Raises EngineError
    IMAGE_UNSUPPORTED (permanent) when the pyramid is not what the reference says."""
    path = planes_folder() / f"{_digest(image)}.npy"
    try:
        pixels = _mapped(path)
    except (OSError, ValueError, EOFError):
        _make(path, image)
        pixels = _mapped(path)
    with suppress(OSError):
        os.utime(path)
    return pixels


def _digest(image: ImageRef) -> str:
    said = json.dumps([image.sha256, asdict(image.view)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _mapped(path: Path) -> Image:
    return cast(Image, np.load(path, mmap_mode="r", allow_pickle=False))


def _make(path: Path, image: ImageRef) -> None:
    base = _base(image)
    rgb = (3,) if len(image.view.channels) == 3 else ()
    shape = (image.height, image.width, *rgb)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".npy", dir=path.parent)
    os.close(handle)
    try:
        dtype = "uint16" if image.view.ranges else base.dtype
        plane = np.lib.format.open_memmap(name, mode="w+", dtype=dtype, shape=shape)
        for start in range(0, image.height, BAND_ROWS):
            band_chw = _band(base, image.view, start, min(start + BAND_ROWS, image.height))
            plane[start : start + BAND_ROWS] = np.moveaxis(band_chw, 0, -1) if rgb else band_chw[0]
        plane.flush()
        Path(name).replace(path)
    except (RuntimeError, ValueError) as error:
        raise _unsupported("a part of its stored pixels is damaged") from error
    finally:
        Path(name).unlink(missing_ok=True)
    evict(path.parent, largest_bytes=planes_bytes(), keep=path)


def _base(image: ImageRef) -> Any:
    """The pyramid's full-size array."""
    try:
        base: Any = zarr.open_array(Path(image.path) / "0", mode="r")
    except (OSError, ValueError, KeyError, BaseZarrError) as error:
        raise _unsupported("its stored pixels cannot be read") from error
    view = image.view
    if base.ndim != 5 or base.shape[3:] != (image.height, image.width):
        raise _unsupported("its stored pixels have another size")
    if not (0 <= view.t < base.shape[0] and 0 <= view.z < base.shape[2]) or max(view.channels) >= base.shape[1]:
        raise _unsupported("it has no such plane or channel")
    if not view.ranges and base.dtype not in (np.uint8, np.uint16):
        raise _unsupported("its pixels are neither 8 nor 16 bit, and no range of values was given")
    return base


def _band(base: Any, view: PlaneView, start: int, stop: int) -> NDArray[Any]:
    """Rows of the view: (channel, row, column)."""
    channels = []
    for channel in view.channels:
        if view.projection == "none":
            band_hw = base[view.t, channel, view.z, start:stop]
        else:
            slices_zhw = (base[view.t, channel, z, start:stop] for z in range(base.shape[2]))
            band_hw = _projected(slices_zhw, view.projection, base.shape[2])
        channels.append(np.asarray(band_hw))
    if not view.ranges:
        return np.stack(channels).astype(base.dtype, copy=False)
    return np.stack([stretched(band, *limits) for band, limits in zip(channels, view.ranges, strict=True)])


def _projected(slices: Any, projection: str, count: int) -> NDArray[Any]:
    total = np.array(next(slices))
    if projection == "max":
        for each in slices:
            np.maximum(total, each, out=total)
        return total
    wide = total.astype(np.float64)
    for each in slices:
        wide += each
    mean = wide / count
    return mean if total.dtype.kind == "f" else np.rint(mean).astype(total.dtype)


def evict(folder: Path, *, largest_bytes: int, keep: Path) -> None:
    """Remove what was used longest ago until the rest fits; ``keep`` stays."""
    files = []
    for path in folder.glob("*.npy"):
        with suppress(FileNotFoundError):
            stat = path.stat()
            files.append((stat.st_mtime, stat.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= largest_bytes:
            return
        if path != keep:
            path.unlink(missing_ok=True)
            total -= size


def _unsupported(why: str) -> EngineError:
    message = f"The image cannot be used: {why}. Upload it again."
    return EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, message, permanent=True)
