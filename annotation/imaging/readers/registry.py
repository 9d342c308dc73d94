"""Which reader opens a file: by its first bytes, never by its name (S7). Runs in the decoder: no Django."""

from __future__ import annotations

from importlib import import_module
from typing import Any, BinaryIO

from annotation.imaging.kinds import HEAD_BYTES, Kind, kind_of
from annotation.imaging.readers.raster import read_raster
from annotation.imaging.readers.tiff_header import is_slide
from annotation.imaging.refusals import NAME, RefusalError, damaged, too_large, unsupported
from annotation.imaging.source import Choice, Source

_READERS = {
    Kind.TIFF: ("tiff", "open_tiff"),
    Kind.ZIP: ("ome_zarr", "open_ome_zarr"),
    Kind.CZI: ("czi", "open_czi"),
    Kind.ND2: ("nikon", "open_nd2"),
    Kind.LIF: ("leica", "open_lif"),
    Kind.DICOM: ("dicom", "open_dicom"),
}
_SLIDES = ("slides", "open_slide")


def open_source(
    file: BinaryIO,
    *,
    file_bytes: int,
    limit_pixels: int,
    limit_values: int,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> tuple[Kind, Source]:
    """One series of the file, its planes as the file says or as somebody chose. ``limit_pixels`` bounds one plane,
    ``limit_values`` all planes and channels together. Raises RefusalError."""
    if file_bytes == 0:
        raise RefusalError(f"{NAME} is empty. Check the file and upload it again.")
    file.seek(0)
    kind = kind_of(file.read(HEAD_BYTES))
    if kind is None:
        raise unsupported("is not an image that Cytomark knows, whatever its name ends in")
    source = _opened(kind, file, file_bytes=file_bytes, limit_pixels=limit_pixels, choice=choice)
    about = source.about
    if min(about.size_t, about.size_c, about.size_z, about.height, about.width) < 1:
        raise damaged("it says that it has no planes")
    values = about.size_t * about.size_c * about.size_z * about.height * about.width
    if values > limit_values:
        raise too_large(
            f"holds {values / 1e9:,.1f} billion values in all; at most {limit_values / 1e9:,.1f} billion are read",
            "Save fewer planes or channels in one file.",
        )
    return kind, source


def _opened(kind: Kind, file: BinaryIO, *, file_bytes: int, limit_pixels: int, choice: Choice) -> Source:
    if kind not in _READERS:
        return read_raster(file, kind, file_bytes=file_bytes, limit_pixels=limit_pixels)
    module, name = _READERS[kind]
    more: dict[str, Any] = {"choice": choice} if kind is Kind.TIFF else {"series": choice.series}
    if kind is Kind.TIFF and is_slide(file, file_bytes=file_bytes):
        (module, name), more = _SLIDES, {"series": choice.series}
    # A library is loaded for its own files only: most of them take long to load, and none is needed for a PNG.
    reader = getattr(import_module(f"annotation.imaging.readers.{module}"), name)
    source: Source = reader(file, file_bytes=file_bytes, limit_pixels=limit_pixels, **more)
    return source
