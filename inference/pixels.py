"""From an image's pixels to what networks of ours see: grey or colours, bright cells on a dark ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.errors import EngineError, EngineErrorCode

Image = NDArray[np.uint8] | NDArray[np.uint16]
Floats = NDArray[np.float32]

PREPROCESSING = "grey-percentile-1"
RGB_PREPROCESSING = "rgb-percentile-1"
_SAMPLE = 1_000_000
_DARK_ON_BRIGHT = 0.5
_DARK_ON_BRIGHT_RGB = 0.4


def check_image(image: Image) -> None:
    """Raise EngineError (permanent) unless the array is uint8 or uint16, (row, column) or (row, column, 3)."""
    if image.dtype not in (np.uint8, np.uint16):
        raise _unsupported(f"Its pixels are {image.dtype}; engines take 8 or 16 bit without a sign.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise _unsupported(f"Its shape is {image.shape}; engines take one grey or one RGB plane.")
    if 0 in image.shape:
        raise _unsupported("It has no pixels.")


def _unsupported(reason: str) -> EngineError:
    return EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, f"This image cannot be segmented. {reason}", permanent=True)


def _limits(values: Floats) -> tuple[float, float, float]:
    """1st percentile, median and 99.8th percentile, of every n-th pixel where there are very many."""
    step = max(values.size // _SAMPLE, 1)
    low, middle, high = np.percentile(values.ravel()[::step], (1, 50, 99.8))
    return float(low), float(middle), float(high)


def _one_channel(image: Image) -> tuple[Floats, bool]:
    """Grey values and whether cells are darker than the ground. Of stained tissue the red channel is taken, which
    haematoxylin darkens most; of a coloured dark image the brightest channel of each pixel."""
    if image.ndim == 2:
        grey_hw = image.astype(np.float32)
        low, middle, high = _limits(grey_hw)
        return grey_hw, middle - low > _DARK_ON_BRIGHT * (high - low)
    mean_hw = image.mean(axis=2, dtype=np.float32)
    low, middle, high = _limits(mean_hw)
    dark = middle - low > _DARK_ON_BRIGHT_RGB * (high - low)
    return (image[..., 0] if dark else image.max(axis=2)).astype(np.float32), dark


def is_dark_on_bright(image: Image) -> bool:
    """Whether cells look darker than the ground, as they do in stained tissue."""
    return _one_channel(image)[1]


def unit_grey(image: Image) -> Floats:
    """Float32 (row, column), 0 at the 1st and 1 at the 99.8th percentile, clipped to -0.5 … 2; dark cells on a
    bright ground are inverted. A constant image gives zeros."""
    grey_hw, dark = _one_channel(image)
    low, _, high = _limits(grey_hw)
    if high <= low:
        high = float(grey_hw.max())
    if high <= low:
        return np.zeros_like(grey_hw)
    unit_hw = (grey_hw - low) / (high - low)
    if dark:
        unit_hw = 1 - unit_hw
    return np.asarray(np.clip(unit_hw, -0.5, 2), np.float32)


def unit_rgb(image: Image) -> Floats:
    """Float32 (3, row, column): red, green and blue, or the grey plane three times. The limits are those of unit_grey,
    but of all three together, so that colours stay; a picture of dark cells is inverted as there. A constant image
    gives zeros."""
    if image.ndim == 2:
        return np.repeat(unit_grey(image)[None], 3, axis=0)
    planes_chw = np.ascontiguousarray(np.moveaxis(image, 2, 0), np.float32)
    low, _, high = _limits(planes_chw)
    if high <= low:
        high = float(planes_chw.max())
    if high <= low:
        return np.zeros_like(planes_chw)
    planes_chw = (planes_chw - low) / (high - low)
    if is_dark_on_bright(image):
        planes_chw = 1 - planes_chw
    return np.asarray(np.clip(planes_chw, -0.5, 2), np.float32)
