"""What a TIFF says of itself, read with a few small reads before any library sees the file (S6). No Django.

Source: TIFF 6.0, section 2; BigTIFF (https://www.awaresystems.be/imaging/tiff/bigtiff.html).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from annotation.imaging.refusals import cut_off, damaged, too_large

MAX_PLANES = 4096
MAX_ENTRIES = 4096
MAX_TAG_BYTES = 64 * 1024**2
"""All tags of the first plane together, strip tables included."""
_DESCRIPTION, _NDPI_FLAG = 270, 65420
_APERIO = b"Aperio"
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True)
class Layout:
    """How offsets and counts are written: classic or BigTIFF, little- or big-endian."""

    order: str
    big: bool

    @property
    def count(self) -> struct.Struct:
        """Number of entries in a directory."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def offset(self) -> struct.Struct:
        """A place in the file."""
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def entry(self) -> struct.Struct:
        """Tag, type, number of values; the value field is skipped."""
        return struct.Struct(self.order + ("HHQ8x" if self.big else "HHI4x"))


def _layout(head: bytes) -> Layout:
    order = "<" if head[:2] == b"II" else ">"
    return Layout(order, struct.unpack(order + "H", head[2:4])[0] == 43)


def _read(file: BinaryIO, offset: int, count: int, *, file_bytes: int) -> bytes:
    if offset + count > file_bytes:
        raise cut_off(file_bytes)
    file.seek(offset)
    return file.read(count)


def _check_tags(file: BinaryIO, layout: Layout, offset: int, entries: int, *, file_bytes: int) -> None:
    """Raise when reading the directory's tags would take more than an image needs."""
    block = _read(file, offset, entries * layout.entry.size, file_bytes=file_bytes)
    total = sum(_TYPE_BYTES.get(kind, 8) * count for _, kind, count in layout.entry.iter_unpack(block))
    if total > MAX_TAG_BYTES:
        raise damaged("its header announces far more data than an image needs")


def count_planes(file: BinaryIO, *, file_bytes: int) -> int:
    """How many planes the file chains together, at most MAX_PLANES. Raises Refusal for a loop, for a chain that leaves
    the file and for a header of absurd size."""
    head = _read(file, 0, 8, file_bytes=file_bytes)
    layout = _layout(head)
    first = _read(file, 8 if layout.big else 4, layout.offset.size, file_bytes=file_bytes)
    offset, seen = layout.offset.unpack(first)[0], set[int]()
    while offset:
        if offset in seen:
            raise damaged("its list of planes runs in a circle")
        if len(seen) == MAX_PLANES:
            raise too_large(
                f"has more than {MAX_PLANES:,} planes", "Save the planes that you need as files of their own."
            )
        entries = layout.count.unpack(_read(file, offset, layout.count.size, file_bytes=file_bytes))[0]
        if entries > MAX_ENTRIES:
            raise damaged("its header has too many entries")
        start = offset + layout.count.size
        if not seen:
            _check_tags(file, layout, start, entries, file_bytes=file_bytes)
        seen.add(offset)
        after = start + entries * layout.entry.size
        offset = layout.offset.unpack(_read(file, after, layout.offset.size, file_bytes=file_bytes))[0]
    if not seen:
        raise damaged("it holds no plane")
    return len(seen)


def is_slide(file: BinaryIO, *, file_bytes: int) -> bool:
    """Whether the first directory is that of a scanner whose TIFFs need a reader of their own: Aperio's description, or
    a tag that Hamamatsu alone writes. Raises RefusalError."""
    head = _read(file, 0, 8, file_bytes=file_bytes)
    layout = _layout(head)
    offset = layout.offset.unpack(_read(file, 8 if layout.big else 4, layout.offset.size, file_bytes=file_bytes))[0]
    entries = layout.count.unpack(_read(file, offset, layout.count.size, file_bytes=file_bytes))[0]
    start = offset + layout.count.size
    block = _read(file, start, min(entries, MAX_ENTRIES) * layout.entry.size, file_bytes=file_bytes)
    for number, (tag, _, count) in enumerate(layout.entry.iter_unpack(block)):
        if tag == _NDPI_FLAG:
            return True
        if tag == _DESCRIPTION and count > len(_APERIO):
            end = (number + 1) * layout.entry.size
            place = layout.offset.unpack(block[end - layout.offset.size : end])[0]
            return _read(file, place, len(_APERIO), file_bytes=file_bytes) == _APERIO
    return False
