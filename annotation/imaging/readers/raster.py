"""PNG, JPEG and WebP. Runs in the decoder: no Django.

Pillow reads them, told which formats it may try (S7), except PNG with 16 bits per colour: Pillow would cut that to 8.
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from annotation.imaging.kinds import Kind
from annotation.imaging.readers.arrays import ArraySource
from annotation.imaging.refusals import RefusalError, check_dimensions, cut_off, damaged, unsupported

_IHDR = struct.Struct(">4x4sIIBB")
_GREY, _RGB, _GREY_ALPHA, _RGBA = 0, 2, 4, 6
_TEXT_BYTES = 8 * 1024**2
WHOLE_PIXELS = 100_000_000
"""These formats are decoded as a whole: in memory, unlike a TIFF."""


def read_raster(file: BinaryIO, kind: Kind, *, file_bytes: int, limit_pixels: int) -> ArraySource:
    """The only plane. Raises RefusalError."""
    Image.MAX_IMAGE_PIXELS = None  # check_dimensions is ours, and it refuses instead of warning
    PngImagePlugin.MAX_TEXT_MEMORY = _TEXT_BYTES
    limit_pixels = min(limit_pixels, WHOLE_PIXELS)
    if kind is Kind.PNG and _png_needs_16_bits(file, file_bytes=file_bytes, limit_pixels=limit_pixels):
        return _read_deep_png(file, file_bytes=file_bytes)
    file.seek(0)
    try:
        with Image.open(file, formats=[kind.title]) as image:
            check_dimensions(*image.size, limit_pixels=limit_pixels)
            frames = getattr(image, "n_frames", 1)
            return _plane_of(image, ["Only the first of its frames was imported."] if frames > 1 else [])
    except RefusalError:
        raise
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise _why(error, file_bytes) from error


def _why(error: Exception, file_bytes: int) -> RefusalError:
    words = str(error).lower()
    if "truncated" in words or "cannot identify" in words or "end of file" in words:
        return cut_off(file_bytes)
    if "text" in words:
        return damaged("it holds more text than an image needs")
    return damaged("its pixels cannot be decoded")


def _png_needs_16_bits(file: BinaryIO, *, file_bytes: int, limit_pixels: int) -> bool:
    """Whether the header announces 16 bits with more than one channel; checks the size before anything is decoded."""
    file.seek(8)
    header = file.read(_IHDR.size)
    if len(header) < _IHDR.size:
        raise cut_off(file_bytes)
    chunk, width, height, depth, colour = _IHDR.unpack(header)
    if chunk != b"IHDR":
        raise damaged("its header is missing")
    check_dimensions(width, height, limit_pixels=limit_pixels)
    return depth == 16 and colour in (_RGB, _GREY_ALPHA, _RGBA)


def _read_deep_png(file: BinaryIO, *, file_bytes: int) -> ArraySource:
    file.seek(0)
    try:
        pixels = imagecodecs.png_decode(file.read())
    except (imagecodecs.PngError, ValueError) as error:
        raise cut_off(file_bytes) from error
    return _without_alpha(pixels, [])


def _without_alpha(pixels: NDArray[Any], notes: list[str]) -> ArraySource:
    """Keep grey or RGB of (row, column[, channel])."""
    if pixels.ndim == 2:
        return ArraySource(np.ascontiguousarray(pixels), notes)
    if pixels.shape[2] <= 2:
        return ArraySource(np.ascontiguousarray(pixels[..., 0]), notes)
    return ArraySource(np.ascontiguousarray(pixels[..., :3]), notes)


def _is_grey_palette(image: Image.Image) -> bool:
    palette = np.frombuffer(bytes(image.getpalette("RGB") or []), np.uint8).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _plane_of(image: Image.Image, notes: list[str]) -> ArraySource:
    """Pillow's modes as grey or RGB. Orientation tags are not applied: Fiji does not either, and masks must agree."""
    mode = image.mode
    if mode == "P":
        image = image.convert("L" if _is_grey_palette(image) else "RGB")
    elif mode in ("1", "LA"):
        image = image.convert("L")
    elif mode in ("RGBA", "RGBX"):
        image = image.convert("RGB")
    elif mode.startswith("I;16"):
        return ArraySource(np.asarray(image).astype(np.uint16), notes)
    elif mode not in ("L", "RGB"):
        raise unsupported(f"stores its colours as {mode}")
    return ArraySource(np.array(image, np.uint8), notes)
