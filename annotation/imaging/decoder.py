"""The program that decodes one file: `python -m annotation.imaging.decoder INPUT OUTPUT_FOLDER LIMITS_JSON`.

It is started for each file, behind the walls of containment.py, and thrown away. It imports no Django and gets an empty
environment. Into the folder it writes plane.npy, plane.zst (the same pixels, for browsers), thumbnail.webp and
result.json: {"ok": true, kind, width, height, channels, dtype, low, high, notes, walls} or {"ok": false, code,
sentence}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

from annotation.imaging.containment import Limits, contain
from annotation.imaging.kinds import HEAD_BYTES, Kind, kind_of
from annotation.imaging.plane import Plane, value_range, write_thumbnail
from annotation.imaging.raster import read_raster
from annotation.imaging.refusals import NAME, RefusalError, too_large, unsupported
from annotation.imaging.tiff import read_tiff

ZSTD_LEVEL = 3
"""Its window is 2 MB; browsers refuse more than 8 MB (RFC 9659)."""


def read_plane(file: BinaryIO, *, limit_pixels: int) -> tuple[Kind, Plane]:
    """What the file holds, by its first bytes. Raises RefusalError."""
    file_bytes = os.fstat(file.fileno()).st_size
    if file_bytes == 0:
        raise RefusalError(f"{NAME} is empty. Check the file and upload it again.")
    kind = kind_of(file.read(HEAD_BYTES))
    if kind is None:
        raise unsupported("is not an image that Cytomark knows, whatever its name ends in")
    if kind is Kind.TIFF:
        return kind, read_tiff(file, file_bytes=file_bytes, limit_pixels=limit_pixels)
    return kind, read_raster(file, kind, file_bytes=file_bytes, limit_pixels=limit_pixels)


def write_plane(folder: Path, kind: Kind, plane: Plane) -> dict[str, Any]:
    """The files of a plane, and what there is to know about them."""
    pixels = plane.pixels
    low, high = value_range(pixels)
    np.save(folder / "plane.npy", pixels, allow_pickle=False)
    raw: Any = pixels
    (folder / "plane.zst").write_bytes(imagecodecs.zstd_encode(raw, level=ZSTD_LEVEL))
    write_thumbnail(folder / "thumbnail.webp", pixels, low, high)
    return {
        "kind": kind.title,
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "channels": 1 if pixels.ndim == 2 else 3,
        "dtype": pixels.dtype.name,
        "low": low,
        "high": high,
        "notes": plane.notes,
    }


def decode(file: BinaryIO, folder: Path, *, limit_pixels: int) -> dict[str, Any]:
    """The result, a refusal included."""
    try:
        return {"ok": True, **write_plane(folder, *read_plane(file, limit_pixels=limit_pixels))}
    except RefusalError as error:
        refusal = error
    except MemoryError:
        refusal = too_large("needs more memory than this server gives to one image", "Crop it and try again.")
    return {"ok": False, "code": refusal.code, "sentence": refusal.sentence}


def main(arguments: list[str]) -> int:
    """Opens the file, then closes every other door, then looks into it."""
    path, folder, options = Path(arguments[0]), Path(arguments[1]), json.loads(arguments[2])
    limit_pixels = options.pop("limit_pixels")
    with path.open("rb") as file:
        walls = contain(folder, Limits(**options))
        result = decode(file, folder, limit_pixels=limit_pixels)
    (folder / "result.json").write_text(json.dumps({**result, "walls": walls}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
