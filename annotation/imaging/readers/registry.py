"""Which reader opens a file: by its first bytes, never by its name (S7). Runs in the decoder: no Django."""

from __future__ import annotations

from typing import BinaryIO

from annotation.imaging.kinds import HEAD_BYTES, Kind, kind_of
from annotation.imaging.readers.raster import read_raster
from annotation.imaging.readers.tiff import open_tiff
from annotation.imaging.refusals import NAME, RefusalError, too_large, unsupported
from annotation.imaging.source import Source


def open_source(
    file: BinaryIO, *, file_bytes: int, limit_pixels: int, limit_values: int, series: int = 0
) -> tuple[Kind, Source]:
    """One series of the file. ``limit_pixels`` bounds one plane, ``limit_values`` all planes and channels together.
    Raises RefusalError."""
    if file_bytes == 0:
        raise RefusalError(f"{NAME} is empty. Check the file and upload it again.")
    kind = kind_of(file.read(HEAD_BYTES))
    if kind is None:
        raise unsupported("is not an image that Cytomark knows, whatever its name ends in")
    if kind is Kind.TIFF:
        source: Source = open_tiff(file, file_bytes=file_bytes, limit_pixels=limit_pixels, series=series)
    else:
        source = read_raster(file, kind, file_bytes=file_bytes, limit_pixels=limit_pixels)
    about = source.about
    values = about.size_t * about.size_c * about.size_z * about.height * about.width
    if values > limit_values:
        raise too_large(
            f"holds {values / 1e9:,.1f} billion values in all; at most {limit_values / 1e9:,.1f} billion are read",
            "Save fewer planes or channels in one file.",
        )
    return kind, source
