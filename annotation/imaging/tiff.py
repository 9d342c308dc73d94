"""The first plane of a TIFF, BigTIFF or OME-TIFF. Runs in the decoder: no Django.

Pages are read one by one and never as a series: a series may name other files, and those are never opened (S9).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.imaging.plane import Pixels, Plane
from annotation.imaging.refusals import RefusalError, check_dimensions, cut_off, damaged, too_large, unsupported
from annotation.imaging.tiff_header import count_planes

MAX_SAMPLES = 64
_COMPRESSIONS = {1, 5, 7, 8, 32773, 32946, 33003, 33005, 34712, 50000}
"""None, LZW, JPEG, Deflate (two numbers), PackBits, JPEG 2000 (three numbers), Zstandard."""
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_JPEG = 7
_FORMATS: dict[str, Any] = dict.fromkeys(
    ("is_ome", "is_lsm", "is_scanimage", "is_ndpi", "is_stk", "is_micromanager", "is_ndtiff", "is_imagej"), False
)


def read_tiff(file: BinaryIO, *, file_bytes: int, limit_pixels: int) -> Plane:
    """The first plane: one channel, or RGB. Raises RefusalError."""
    planes = count_planes(file, file_bytes=file_bytes)
    file.seek(0)
    try:
        with tifffile.TiffFile(file, name="upload.tif", _multifile=False, **_FORMATS) as tiff:
            page = tiff.pages[0]
            notes = [f"Only the first of its {planes:,} planes was imported."] if planes > 1 else []
            _check_page(page, file_bytes=file_bytes, limit_pixels=limit_pixels)
            return _plane_of(page, page.asarray(maxworkers=1), notes)
    except RefusalError:
        raise
    except (
        tifffile.TiffFileError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        ArithmeticError,
        RuntimeError,
        OSError,
        struct.error,
    ) as why:
        raise damaged("its pixels cannot be decoded") from why


def _check_page(page: Any, *, file_bytes: int, limit_pixels: int) -> None:
    """Everything that can be refused from the header alone."""
    if not isinstance(page, tifffile.TiffPage):
        raise damaged("it holds no plane")
    check_dimensions(page.imagewidth, page.imagelength, limit_pixels=limit_pixels)
    _check_sort(page)
    # A tile may be larger than its image; decoding allocates whole tiles.
    chunk_bytes = int(np.prod(page.chunks, dtype=np.float64)) * np.dtype(page.dtype).itemsize
    if max(page.nbytes, chunk_bytes) > limit_pixels * 6:
        raise too_large(
            "would take more memory than this server gives to one image", "Crop it or save fewer channels in one file."
        )
    ends = (start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=False) if count)
    if max(ends, default=0) > file_bytes:
        raise cut_off(file_bytes)


def _check_sort(page: Any) -> None:
    if page.samplesperpixel > MAX_SAMPLES or page.imagedepth > 1:
        raise unsupported("stores more samples for each pixel than a plane has")
    if page.dtype is None or page.dtype.kind not in "ub" or page.dtype.itemsize > 2:
        name = "an unusual number format" if page.dtype is None else f"{page.dtype.name} values"
        raise unsupported(f"stores {name}")
    if page.compression not in _COMPRESSIONS:
        raise unsupported(f"is compressed with method {int(page.compression)}")
    colours = page.photometric
    if (colours == _YCBCR and page.compression != _JPEG) or colours > _YCBCR:
        raise unsupported("stores its colours in a way that is not grey, palette or RGB")


def _plane_of(page: Any, decoded: NDArray[Any], notes: list[str]) -> Plane:
    """Grey or RGB out of what was decoded. tifffile's five axes are (separate sample, depth, row, column, sample)."""
    separate_shwc = decoded.reshape(page.shaped)[:, 0]
    image_hwc = separate_shwc[0] if separate_shwc.shape[0] == 1 else np.moveaxis(separate_shwc[..., 0], 0, -1)
    if page.photometric in (_RGB, _YCBCR) and image_hwc.shape[-1] >= 3:
        return Plane(np.ascontiguousarray(_native(image_hwc[..., :3])), notes)
    if image_hwc.shape[-1] > 1 and page.extrasamples[-1:] != (2,):
        notes = [*notes, f"Only the first of its {image_hwc.shape[-1]} channels was imported."]
    return Plane(np.ascontiguousarray(_grey(page, image_hwc[..., 0])), notes)


def _native(pixels: NDArray[Any]) -> Pixels:
    if pixels.dtype == bool:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    if pixels.dtype.itemsize == 1:
        return np.asarray(pixels, dtype=np.uint8)
    return np.asarray(pixels, dtype=np.uint16)


def _grey(page: Any, image_hw: NDArray[Any]) -> Pixels:
    if page.photometric == _PALETTE:
        colours: NDArray[np.uint8] = (np.asarray(page.colormap, np.uint16).T >> 8).astype(np.uint8)
        picked: NDArray[np.uint8] = colours[image_hw]
        return picked
    pixels = image_hw if image_hw.dtype != bool and page.bitspersample > 1 else image_hw.astype(bool)
    grey = _native(pixels)
    if page.photometric == _WHITE_IS_ZERO:
        # Every viewer shows such files with 0 as white.
        highest = 255 if page.bitspersample == 1 else 2**page.bitspersample - 1
        return np.subtract(highest, grey, dtype=grey.dtype)
    return grey
