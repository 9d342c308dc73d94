"""A decoded plane: its range, its thumbnail and its files. Runs in the decoder: no Django."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[Any]
"""uint8 or uint16, (row, column) or (row, column, RGB)."""

THUMBNAIL_PIXELS = 256
LOW_SHARE, HIGH_SHARE = 0.001, 0.999
_BLOCK_ROWS = 256


@dataclass(frozen=True)
class Plane:
    """``pixels``: (row, column) or (row, column, RGB), uint8 or uint16. ``notes``: what was left out, for people."""

    pixels: Pixels
    notes: list[str] = field(default_factory=list)


def value_range(pixels: Pixels) -> tuple[float, float]:
    """The 0.1st and the 99.9th percentile of all values, exactly, from a histogram taken in blocks of rows."""
    counts = np.zeros(np.iinfo(pixels.dtype).max + 1, np.int64)
    for row in range(0, pixels.shape[0], _BLOCK_ROWS):
        counts += np.bincount(pixels[row : row + _BLOCK_ROWS].ravel(), minlength=len(counts))
    reached = np.cumsum(counts)
    total = int(reached[-1])
    low = int(np.searchsorted(reached, LOW_SHARE * total, side="right"))
    high = int(np.searchsorted(reached, HIGH_SHARE * total))
    return float(low), float(max(low, high))


def _to_uint8(pixels: Pixels, low: float, high: float) -> NDArray[np.uint8]:
    scaled = (pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1.0))
    grey: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return grey


def thumbnail(pixels: Pixels, low: float, high: float) -> Image.Image:
    """At most THUMBNAIL_PIXELS wide or high. Grey is stretched from ``low`` to ``high``; 8-bit colour stays."""
    step = max(1, max(pixels.shape[:2]) // (4 * THUMBNAIL_PIXELS))
    small = pixels[::step, ::step]
    if small.ndim == 2 or small.dtype != np.uint8:
        small = _to_uint8(small, low, high)
    image = Image.fromarray(np.ascontiguousarray(small))
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.BOX)
    return image


def write_thumbnail(path: Path, pixels: Pixels, low: float, high: float) -> None:
    """WebP, a few kilobytes."""
    thumbnail(pixels, low, high).save(path, "WEBP", quality=80, method=2)
