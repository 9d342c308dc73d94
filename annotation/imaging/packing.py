"""A chunk of pixels as browsers get it: as it lies on disk, packed anew for those that cannot read zstd, or the maximum
of the chunks of all slices."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal

import imagecodecs
import numpy as np

from annotation.errors import not_found
from annotation.imaging.layout import chunk_path, levels_of, store_of
from annotation.models import Image

Place = tuple[int, int, int, int, int, int]
"""(level, t, c, z, row, column) of a chunk."""
Coding = Literal["zstd", "gzip", "identity"]


def choose_coding(accepted: str) -> Coding:
    """The best of what an Accept-Encoding header allows."""
    offers = [part.strip().lower().replace(" ", "") for part in accepted.split(",")]
    names = {offer.split(";")[0] for offer in offers if not offer.endswith((";q=0", ";q=0.0", ";q=0.00", ";q=0.000"))}
    if "zstd" in names:
        return "zstd"
    return "gzip" if "gzip" in names else "identity"


def access_maximum(image: Image, place: Place) -> list[Path]:
    """The files of this place in all slices, whichever it names. Raises AppError NOT_FOUND where there is none."""
    level, t, c, _, row, col = place
    return [access_chunk(image, (level, t, c, z, row, col)) for z in range(image.size_z)]


def access_chunk(image: Image, place: Place) -> Path:
    """The chunk's file. Raises AppError NOT_FOUND where the image has none."""
    number, t, c, z, row, col = place
    levels = levels_of(image.height, image.width)
    if number < len(levels):
        sizes = (image.size_t, image.channels, image.size_z, levels[number].rows, levels[number].cols)
        if all(at < size for at, size in zip((t, c, z, row, col), sizes, strict=True)):
            return store_of(image.folder) / chunk_path(*place)
    raise not_found("part of the image")


def packed(path: Path, coding: Coding) -> bytes:
    """The chunk's file in this coding. Raises AppError NOT_FOUND where it is not there."""
    data = read_chunk(path)
    return data if coding == "zstd" else _pack(bytes(imagecodecs.zstd_decode(data)), coding)


def packed_maximum(paths: list[Path], dtype: str, coding: Coding) -> bytes:
    """The largest value of each pixel, one chunk in memory at a time. Raises as ``packed``."""
    numbers = np.dtype(dtype).newbyteorder("<")
    largest = np.frombuffer(imagecodecs.zstd_decode(read_chunk(paths[0])), numbers).copy()
    for path in paths[1:]:
        np.maximum(largest, np.frombuffer(imagecodecs.zstd_decode(read_chunk(path)), numbers), out=largest)
    return _pack(largest.tobytes(), coding)


def read_chunk(path: Path) -> bytes:
    """One zstd frame. Raises AppError NOT_FOUND where the file is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise not_found("part of the image") from error


def _pack(raw: bytes, coding: Coding) -> bytes:
    if coding == "zstd":
        return bytes(imagecodecs.zstd_encode(raw, level=1))
    return gzip.compress(raw, compresslevel=1) if coding == "gzip" else raw
