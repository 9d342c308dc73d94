"""Pixels on disk as the web process leaves them for the workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray

VIEW = {"t": 0, "z": 0, "channels": [0], "projection": "none", "ranges": []}


def store(folder: Path, pixels_tczyx: NDArray[Any]) -> None:
    """An OME-Zarr's full-size level."""
    shape = pixels_tczyx.shape
    array = zarr.create_array(folder / "0", shape=shape, chunks=(1, 1, 1, 512, 512), dtype=pixels_tczyx.dtype)
    array[:] = pixels_tczyx


def stored_plane(folder: Path, pixels_hw: NDArray[Any]) -> dict[str, object]:
    """One grey plane in a store of its own, and the reference to it as it travels."""
    store(folder, pixels_hw[None, None, None])
    height, width = pixels_hw.shape
    return {"path": str(folder), "sha256": "a" * 64, "height": height, "width": width, "view": VIEW}
