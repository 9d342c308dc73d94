"""Image and label files for the script commands: PNG, JPEG and the first page of TIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as Pillow

from inference.errors import EngineError, EngineErrorCode
from inference.pixels import Image

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
_FORMATS = ("PNG", "JPEG")
_MODES = {"1": "L", "P": "RGB", "PA": "RGB", "LA": "L", "RGBA": "RGB", "CMYK": "RGB", "YCbCr": "RGB"}
_MOST_PIXELS = 20_000 * 20_000


def _unreadable(path: Path, reason: str) -> EngineError:
    return EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, f"“{path.name}” cannot be read: {reason}", permanent=True)


def _read_tiff(path: Path) -> NDArray[np.generic]:
    """The first page alone: other files named inside the TIFF are never followed."""
    with tifffile.TiffFile(path, _multifile=False) as file:
        page = file.pages.first
        if page.imagewidth * page.imagelength > _MOST_PIXELS:
            raise ValueError("it has too many pixels.")
        array = np.asarray(page.asarray())
    if array.ndim == 3 and array.shape[0] in (3, 4) and array.shape[2] not in (3, 4):
        array = np.moveaxis(array, 0, 2)
    return array


def _read_pillow(path: Path) -> NDArray[np.generic]:
    with Pillow.open(path, formats=_FORMATS) as file:
        if file.width * file.height > _MOST_PIXELS:
            raise ValueError("it has too many pixels.")
        wanted = _MODES.get(file.mode)
        return np.asarray(file.convert(wanted) if wanted else file)


def _read(path: Path) -> NDArray[np.generic]:
    reader = _read_tiff if path.suffix.lower() in (".tif", ".tiff") else _read_pillow
    try:
        return reader(path)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file.") from None
    except (OSError, ValueError, KeyError, IndexError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise _unreadable(path, str(error) or "it is damaged.") from error


def read_image(path: Path) -> Image:
    """uint8 or uint16, (row, column) or (row, column, 3). Raises EngineError with a sentence that names the file."""
    array = _read(path)
    if array.dtype == np.int32 and array.min(initial=0) >= 0 and array.max(initial=0) <= 65_535:
        array = array.astype(np.uint16)
    if array.dtype not in (np.uint8, np.uint16):
        raise _unreadable(path, f"its pixels are {array.dtype}; use 8 or 16 bit without a sign.")
    if array.ndim == 3 and array.shape[2] == 4:
        array = array[..., :3]
    if array.ndim == 3 and array.shape[2] == 3 and (array == array[..., :1]).all():
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise _unreadable(path, f"its shape is {array.shape}; use one grey or RGB plane.")
    return np.ascontiguousarray(array)


def read_labels(path: Path) -> NDArray[np.int32]:
    """int32 (row, column), 0 = background, one number a cell. Raises EngineError like read_image."""
    array = _read(path)
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise _unreadable(path, "a label image has one plane of whole numbers.")
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int32).max):
        raise _unreadable(path, "a label lies outside of 0 to 2,147,483,647.")
    return array.astype(np.int32)
