"""From an image's pixels to what networks of ours see: grey or colours, bright cells on a dark ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.errors import EngineError, EngineErrorCode

Image = NDArray[np.uint8] | NDArray[np.uint16]
Floats = NDArray[np.float32]

PREPROCESSING = "grey-percentile-1"
RGB_PREPROCESSING = "rgb-percentile-1"
_SAMPLE = 1_000_000
_MOST_READ = 4096**2
"""Pixels of an image that are looked at for its exposure."""
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


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a picture's grey values become 0 to 1: ``low`` and ``high``, and whether cells are darker than the ground."""

    low: float
    high: float
    dark: bool


def exposure_of(image: Image) -> Exposure:
    """0 at the 1st and 1 at the 99.8th percentile; equal limits for a constant image. A part of an image that is to
    look as it does in the whole is seen at the whole's. Of very large images some rows and columns stand for all."""
    sample = _sample_of(image)
    dark = is_dark_on_bright(sample)
    grey_hw = _grey(sample, dark=dark)
    low, _, high = _limits(grey_hw)
    return Exposure(low, high if high > low else float(grey_hw.max()), dark)


def _sample_of(image: Image) -> Image:
    step = int(np.ceil(np.sqrt(image.shape[0] * image.shape[1] / _MOST_READ)))
    return image[::step, ::step]


def is_dark_on_bright(image: Image) -> bool:
    """Whether cells look darker than the ground, as they do in stained tissue."""
    mean_hw = image.astype(np.float32) if image.ndim == 2 else image.mean(axis=2, dtype=np.float32)
    low, middle, high = _limits(mean_hw)
    return middle - low > (_DARK_ON_BRIGHT if image.ndim == 2 else _DARK_ON_BRIGHT_RGB) * (high - low)


def _grey(image: Image, *, dark: bool) -> Floats:
    """Of stained tissue the red channel, which haematoxylin darkens most; of a coloured dark image the brightest
    channel of each pixel."""
    if image.ndim == 2:
        return image.astype(np.float32)
    return (image[..., 0] if dark else image.max(axis=2)).astype(np.float32)


def unit_grey(image: Image, exposure: Exposure | None = None) -> Floats:
    """Float32 (row, column), 0 at ``low`` and 1 at ``high`` of its exposure (its own where none is given), clipped to
    -0.5 … 2; dark cells on a bright ground are inverted. A constant image gives zeros."""
    exposure = exposure or exposure_of(image)
    grey_hw = _grey(image, dark=exposure.dark)
    if exposure.high <= exposure.low:
        return np.zeros_like(grey_hw)
    unit_hw = (grey_hw - exposure.low) / (exposure.high - exposure.low)
    if exposure.dark:
        unit_hw = 1 - unit_hw
    return np.asarray(np.clip(unit_hw, -0.5, 2), np.float32)


def exposure_of_colours(image: Image) -> Exposure:
    """The limits of exposure_of, but of red, green and blue together, so that colours stay."""
    if image.ndim == 2:
        return exposure_of(image)
    sample = _sample_of(image)
    planes_chw = np.ascontiguousarray(np.moveaxis(sample, 2, 0), np.float32)
    low, _, high = _limits(planes_chw)
    return Exposure(low, high if high > low else float(planes_chw.max()), is_dark_on_bright(sample))


def unit_rgb(image: Image, exposure: Exposure | None = None) -> Floats:
    """Float32 (3, row, column): red, green and blue, or the grey plane three times, at exposure_of_colours (its own
    where none is given); a picture of dark cells is inverted as in unit_grey. A constant image gives zeros."""
    exposure = exposure or exposure_of_colours(image)
    if image.ndim == 2:
        return np.repeat(unit_grey(image, exposure)[None], 3, axis=0)
    planes_chw = np.ascontiguousarray(np.moveaxis(image, 2, 0), np.float32)
    if exposure.high <= exposure.low:
        return np.zeros_like(planes_chw)
    planes_chw = (planes_chw - exposure.low) / (exposure.high - exposure.low)
    if exposure.dark:
        planes_chw = 1 - planes_chw
    return np.asarray(np.clip(planes_chw, -0.5, 2), np.float32)
