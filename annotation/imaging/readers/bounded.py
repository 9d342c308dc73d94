"""A stranger's file as libraries may see it. Runs in the decoder: no Django."""

from __future__ import annotations

from typing import BinaryIO

from annotation.imaging.refusals import cut_off


class BoundedFile:
    """The file without its name, which some libraries would look for companions beside (S9), and without a number by
    which it could be mapped into memory whole. No read asks for more memory than the file has bytes. ``whole``: a read
    that meets the end of the file is a RefusalError, not something shorter."""

    def __init__(self, file: BinaryIO, file_bytes: int, *, whole: bool = False) -> None:
        self._file = file
        self._file_bytes = file_bytes
        self._whole = whole
        self.closed = False

    def read(self, count: int = -1) -> bytes:
        """As a file does."""
        left = max(0, self._file_bytes - self._file.tell())
        if self._whole and count > left:
            raise cut_off(self._file_bytes)
        return self._file.read(left if count < 0 else min(count, left))

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file does."""
        return self._file.tell()

    def close(self) -> None:
        """The file is not the library's to close."""
        self.closed = True
