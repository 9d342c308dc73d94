"""Which files are images for us: by their first bytes, never by their name (S7). Runs in the decoder: no Django."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The kinds of file that are read. ``suffix`` and ``content_type`` are ours, whatever the file was called (S14)."""

    PNG = ("PNG", ".png", "image/png")
    JPEG = ("JPEG", ".jpg", "image/jpeg")
    WEBP = ("WEBP", ".webp", "image/webp")
    TIFF = ("TIFF", ".tif", "image/tiff")
    ZIP = ("OME-Zarr", ".zip", "application/zip")
    CZI = ("CZI", ".czi", "application/octet-stream")
    ND2 = ("ND2", ".nd2", "application/octet-stream")
    LIF = ("LIF", ".lif", "application/octet-stream")
    DICOM = ("DICOM", ".dcm", "application/dicom")

    def __init__(self, title: str, suffix: str, content_type: str) -> None:
        self.title = title
        self.suffix = suffix
        self.content_type = content_type


HEAD_BYTES = 132
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"II+\x00\x08\x00\x00\x00", Kind.TIFF),
    (b"MM\x00+\x00\x08\x00\x00", Kind.TIFF),
    (b"PK\x03\x04", Kind.ZIP),
    (b"ZISRAWFILE\x00\x00\x00\x00\x00\x00", Kind.CZI),
    (b"\xda\xce\xbe\x0a", Kind.ND2),
)
_SUFFIXES = {
    Kind.PNG: {".png"},
    Kind.JPEG: {".jpg", ".jpeg"},
    Kind.WEBP: {".webp"},
    Kind.TIFF: {".tif", ".tiff", ".btf", ".tf8", ".svs", ".ndpi"},
    Kind.ZIP: {".zip", ".ozx"},
    Kind.CZI: {".czi"},
    Kind.ND2: {".nd2"},
    Kind.LIF: {".lif"},
    Kind.DICOM: {".dcm", ".dicom"},
}


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins with ``head`` (at least HEAD_BYTES bytes, or all there are)."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head.startswith(b"\x70\x00\x00\x00") and head[8:9] == b"\x2a":
        return Kind.LIF
    if head[128:132] == b"DICM":
        return Kind.DICOM
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def kind_of_suffix(suffix: str) -> Kind:
    """The kind that we store under this suffix of ours. Raises ValueError for any other."""
    for kind in Kind:
        if kind.suffix == suffix:
            return kind
    raise ValueError(f"No kind of image is stored as {suffix!r}.")


def download_name(name: str, kind: Kind) -> str:
    """What a downloaded original is called: the person's name for it, with an ending that its content has earned."""
    known = any(name.lower().endswith(suffix) for suffix in _SUFFIXES[kind])
    return name if known else f"{name}{kind.suffix}"
