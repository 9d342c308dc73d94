"""A zip that is read in place: names in it are labels that are looked up, never paths, and nothing is unpacked to disk
(S10, S11). Runs in the decoder: no Django.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.14–4.3.16.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.refusals import cut_off, damaged, too_large, unsupported

MAX_MEMBERS = 100_000
_MAX_DIRECTORY = 16 * 1024**2
_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_COMMENT = 65_535
_END_BYTES, _LOCATOR_BYTES = 22, 20
_LOCAL = struct.Struct("<4s22xHH")


class Archive:
    """A zip whose directory has been checked. Raises RefusalError."""

    def __init__(self, file: BinaryIO, *, file_bytes: int) -> None:
        self._file = file
        _check_end(file, file_bytes=file_bytes)
        with damaged_where_it_breaks(zipfile.BadZipFile, reason="the list of its parts cannot be read"):
            self._zip = zipfile.ZipFile(file)
        parts = [part for part in self._zip.infolist() if not part.filename.endswith("/")]
        self._parts = {part.filename: part for part in parts}
        if len(parts) > MAX_MEMBERS:
            raise _too_many()
        if len(self._parts) < len(parts):
            raise damaged("two of its parts have the same name")

    @property
    def names(self) -> list[str]:
        """Of all parts that are not folders."""
        return list(self._parts)

    def read(self, name: str, *, most: int) -> bytes | None:
        """A part of at most this many bytes; None where there is none of this name."""
        part = self._parts.get(name)
        if part is None:
            return None
        _check_plain(part)
        if part.file_size > most:
            raise damaged("a part of it is far larger than it should be")
        with (
            damaged_where_it_breaks(zipfile.BadZipFile, reason="a part of it cannot be unpacked"),
            self._zip.open(part) as stream,
        ):
            # What the directory claims is no limit: it is counted.
            data = stream.read(most + 1)
        if len(data) > most:
            raise damaged("a part of it is far larger than it should be")
        return data

    def size(self, name: str) -> int | None:
        """Bytes of a part, as the directory says; None where there is none of this name."""
        part = self._parts.get(name)
        return None if part is None else part.file_size

    def read_at(self, name: str, offset: int, count: int) -> bytes:
        """Bytes from the middle of a part that is stored without compression."""
        part = self._parts[name]
        _check_plain(part)
        if part.compress_type != zipfile.ZIP_STORED:
            raise unsupported("compresses its shards once more; zip it again without compression")
        if offset < 0 or count < 0 or offset + count > part.compress_size:
            raise damaged("a shard names a place outside itself")
        self._file.seek(max(0, part.header_offset))
        head = self._file.read(30)
        if len(head) < 30 or head[:4] != b"PK\x03\x04":
            raise damaged("a part of it is not where the list says")
        _, name_bytes, extra_bytes = _LOCAL.unpack(head)
        self._file.seek(part.header_offset + 30 + name_bytes + extra_bytes + offset)
        data = self._file.read(count)
        if len(data) < count:
            raise damaged("a shard ends too early")
        return data


def _too_many() -> Exception:
    return too_large(f"holds more than {MAX_MEMBERS:,} files", "Save it with larger chunks, or with shards.")


def _check_plain(part: zipfile.ZipInfo) -> None:
    if part.flag_bits & 1:
        raise unsupported("is locked with a password")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise unsupported("is a zip of a rare sort (neither stored nor deflated)")


def _check_end(file: BinaryIO, *, file_bytes: int) -> None:
    """Refuse a directory of absurd size before it is read; a zip that is cut off has no end record."""
    tail_bytes = min(file_bytes, _END_BYTES + _COMMENT + _LOCATOR_BYTES)
    file.seek(file_bytes - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise cut_off(file_bytes)
    count, size = struct.unpack_from("<HI", tail, at + 10)
    locator = tail[max(0, at - _LOCATOR_BYTES) : at]
    if locator.startswith(_LOCATOR) and len(locator) == _LOCATOR_BYTES:
        place = struct.unpack_from("<Q", locator, 8)[0]
        file.seek(min(place, file_bytes))
        record = file.read(56)
        if len(record) < 56 or not record.startswith(_END64):
            raise damaged("the list of its parts cannot be read")
        count, size = struct.unpack_from("<QQ", record, 32)
    if count > MAX_MEMBERS:
        raise _too_many()
    if size > _MAX_DIRECTORY:
        raise damaged("the list of its parts is far too long")
