"""TIFF files written field by field, so that they can lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SHORT, LONG = 3, 4
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, SAMPLES, ROWS, COUNTS = (
    256, 257, 258, 259, 262, 273, 277, 278, 279,
)  # fmt: skip
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325


@dataclass
class Page:
    """Tags with one value each; ``data`` is put before the directory and its place into the offsets tag."""

    tags: dict[int, int]
    data: bytes = b""
    offsets_tag: int = OFFSETS
    fields: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Raw entries: type, count, value."""


def grey_page(width: int, height: int, data: bytes, **more: int) -> Page:
    tags = {WIDTH: width, LENGTH: height, BITS: 8, COMPRESSION: 1, PHOTOMETRIC: 1, SAMPLES: 1, ROWS: height}
    tags |= {COUNTS: len(data)}
    return Page(tags | {globals()[name]: value for name, value in more.items()}, data)


def tiff(pages: list[Page], *, loop: bool = False) -> bytes:
    """A little-endian classic TIFF; with ``loop`` the last directory points back to the first."""
    out = bytearray(b"II*\0\0\0\0\0")
    link, first = 4, 0
    for page in pages:
        start = len(out)
        out += page.data + b"\0" * (len(page.data) % 2)
        entries = {tag: (LONG, 1, value) for tag, value in page.tags.items()} | page.fields
        if page.data:
            entries[page.offsets_tag] = (LONG, 1, start)
        directory = len(out)
        first = first or directory
        struct.pack_into("<I", out, link, directory)
        out += struct.pack("<H", len(entries))
        for tag in sorted(entries):
            out += struct.pack("<HHII", tag, *entries[tag])
        link = len(out)
        out += struct.pack("<I", 0)
    if loop:
        struct.pack_into("<I", out, link, first)
    return bytes(out)
