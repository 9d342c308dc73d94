"""A plane as browsers get it: raw little-endian pixels, rows first, packed once and kept beside the plane."""

from __future__ import annotations

import os
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

Coding = Literal["zstd", "gzip", "identity"]
_BLOCK_BYTES = 1024**2


def choose_coding(accepted: str) -> Coding:
    """The best of what an Accept-Encoding header allows."""
    offers = [part.strip().lower().replace(" ", "") for part in accepted.split(",")]
    names = {offer.split(";")[0] for offer in offers if not offer.endswith((";q=0", ";q=0.0", ";q=0.00", ";q=0.000"))}
    if "zstd" in names:
        return "zstd"
    return "gzip" if "gzip" in names else "identity"


def pixels_offset(plane: Path) -> int:
    """Where the pixels begin in a .npy file."""
    return int(np.load(plane, mmap_mode="r", allow_pickle=False).offset)


def gzipped(plane: Path) -> Path:
    """The pixels as gzip, made at the first time; for browsers that cannot read zstd, which the decoder writes."""
    packed = plane.with_name("plane.gz")
    if not packed.exists():
        handle, temporary = tempfile.mkstemp(dir=plane.parent, prefix="plane.gz.")
        try:
            with os.fdopen(handle, "wb") as target:
                _gzip(plane, target)
            Path(temporary).rename(packed)
        finally:
            Path(temporary).unlink(missing_ok=True)
    return packed


def _gzip(plane: Path, target: BinaryIO) -> None:
    packer = zlib.compressobj(level=1, wbits=31)
    with plane.open("rb") as source:
        source.seek(pixels_offset(plane))
        while block := source.read(_BLOCK_BYTES):
            target.write(packer.compress(block))
    target.write(packer.flush())
