"""The small picture that stands for an image in lists. Runs in the decoder: no Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotation.imaging.pyramid import Written
from annotation.imaging.source import About

THUMBNAIL_PIXELS = 256


def thumbnail(about: About, written: Written) -> Image.Image:
    """At most THUMBNAIL_PIXELS wide or high: each channel stretched over its range in its colour, all added up; an
    8-bit colour image as it is."""
    if about.rgb and about.dtype == "uint8":
        rgb_hwc = np.moveaxis(written.preview_chw, 0, -1).astype(np.float32)
    else:
        rgb_hwc = _blended(written)
    image = Image.fromarray(np.clip(np.rint(rgb_hwc), 0, 255).astype(np.uint8))
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.BOX)
    return image


def _blended(written: Written) -> NDArray[np.float32]:
    total = np.zeros((*written.preview_chw.shape[1:], 3), np.float32)
    for channel_hw, colour, (low, high) in zip(written.preview_chw, written.colours, written.ranges, strict=True):
        share: NDArray[Any] = (np.nan_to_num(channel_hw.astype(np.float32)) - low) / max(high - low, 1e-9)
        total += np.clip(share, 0, 1)[..., None] * np.array(list(bytes.fromhex(colour[1:])), np.float32)
    return total


def write_thumbnail(path: Path, about: About, written: Written) -> None:
    """WebP, a few kilobytes."""
    thumbnail(about, written).save(path, "WEBP", quality=80, method=2)
