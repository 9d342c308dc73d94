"""The frames of a DICOM file's pixel data, one by one, without reading the others. Runs in the decoder: no Django.

Source: DICOM PS3.5 (2024c), sections 8.2, A.4 and annex G.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.imaging.refusals import cut_off, damaged, unsupported

IMPLICIT, EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
_RLE = "1.2.840.10008.1.2.5"
_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
_LOSSLESS_JPEG = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_JPEG_2000 = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
SYNTAXES = (IMPLICIT, EXPLICIT, BIG_ENDIAN, _RLE, *_JPEG, *_LOSSLESS_JPEG, *_JPEG_LS, *_JPEG_2000)
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
MAX_FRAMES = 1_000_000


@dataclass(frozen=True)
class Shape:
    """Of one frame. ``planar``: one colour after the other instead of pixel by pixel."""

    rows: int
    columns: int
    samples: int
    dtype: np.dtype[Any]
    planar: bool
    colours: str

    @property
    def nbytes(self) -> int:
        """Unpacked."""
        return self.rows * self.columns * self.samples * self.dtype.itemsize


class Frames:
    """``file`` stands before the pixel data's tag. Raises RefusalError."""

    def __init__(self, file: BinaryIO, syntax: str, shape: Shape, count: int, *, file_bytes: int) -> None:
        self._file = file
        self._syntax = syntax
        self._shape = shape
        order = ">" if syntax == BIG_ENDIAN else "<"
        head = _read(file, 8, file_bytes)
        if struct.unpack(f"{order}HH", head[:4]) != (0x7FE0, 0x0010):
            raise unsupported("holds no image")
        implicit = syntax == IMPLICIT
        length = struct.unpack(f"{order}I", head[4:] if implicit else _read(file, 4, file_bytes))[0]
        if syntax in (IMPLICIT, EXPLICIT, BIG_ENDIAN):
            start = file.tell()
            if length != _UNDEFINED and length < count * shape.nbytes:
                raise damaged("it holds fewer pixels than it says")
            if start + count * shape.nbytes > file_bytes:
                raise cut_off(file_bytes)
            self._places = [[(start + number * shape.nbytes, shape.nbytes)] for number in range(count)]
        else:
            self._places = _encapsulated(file, count, file_bytes=file_bytes)

    @property
    def gives_rgb(self) -> bool:
        """Whether decoding makes red, green and blue of any colours."""
        return self._syntax in (*_JPEG, *_JPEG_2000)

    def read(self, number: int) -> NDArray[Any]:
        """(row, column, sample), as stored."""
        parts = []
        for start, count in self._places[number]:
            self._file.seek(start)
            parts.append(self._file.read(count))
        frame_hws = self._decoded(b"".join(parts))
        if frame_hws.shape != (self._shape.rows, self._shape.columns, self._shape.samples):
            raise damaged("a frame of it has another size than it says")
        return frame_hws

    def _decoded(self, data: bytes) -> NDArray[Any]:
        shape, syntax = self._shape, self._syntax
        hws = shape.rows, shape.columns, shape.samples
        if syntax in (IMPLICIT, EXPLICIT, BIG_ENDIAN):
            return _arranged(np.frombuffer(data, shape.dtype.newbyteorder(">" if syntax == BIG_ENDIAN else "<")), shape)
        if syntax == _RLE:
            little = shape.dtype.newbyteorder("<")
            planes = imagecodecs.dicomrle_decode(data, little.str, out=shape.nbytes)
            values = np.frombuffer(planes, little).reshape(shape.samples, shape.rows, shape.columns)
            return np.moveaxis(values, 0, -1)
        if syntax not in _JPEG_2000:
            _check_stream(data, shape)
        # The buffer's shape must be that of the stream: one that announces more is refused before it is decoded.
        out = np.empty(hws if shape.samples > 1 else hws[:2], shape.dtype)
        if syntax in _JPEG and shape.samples > 1:
            colours = "RGB" if shape.colours == "RGB" else "YCBCR"
            imagecodecs.jpeg8_decode(data, colorspace=colours, outcolorspace="RGB", out=out)
        elif syntax in _JPEG:
            imagecodecs.jpeg8_decode(data, out=out)
        elif syntax in _LOSSLESS_JPEG:
            imagecodecs.ljpeg_decode(data, out=out)
        elif syntax in _JPEG_LS:
            imagecodecs.jpegls_decode(data, out=out)
        else:
            imagecodecs.jpeg2k_decode(data, out=out)
        return out.reshape(hws)


def _arranged(values: NDArray[Any], shape: Shape) -> NDArray[Any]:
    if shape.planar:
        return np.moveaxis(values.reshape(shape.samples, shape.rows, shape.columns), 0, -1)
    return values.reshape(shape.rows, shape.columns, shape.samples)


def _check_stream(data: bytes, shape: Shape) -> None:
    """Refuse a JPEG or JPEG-LS stream whose own header tells of another size than the file's. Source: ITU-T T.81, B.2.2
    and T.87, C.2.2."""
    at = 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAME_MARKERS:
            rows, columns = struct.unpack_from(">HH", data, at + 5)
            if (rows, columns, data[at + 9]) != (shape.rows, shape.columns, shape.samples):
                raise damaged("a frame of it has another size than it says")
            return
        at += 2 + length
    raise damaged("a frame of it has no header")


def _read(file: BinaryIO, count: int, file_bytes: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise cut_off(file_bytes)
    return data


def _encapsulated(file: BinaryIO, count: int, *, file_bytes: int) -> list[list[tuple[int, int]]]:
    """(start, bytes) of the fragments of each frame."""
    table: tuple[int, ...] = ()
    fragments: list[tuple[int, int, int]] = []
    first, begin = True, 0
    while True:
        at = file.tell()
        group, element, length = struct.unpack("<HHI", _read(file, 8, file_bytes))
        if (group, element) == _END:
            break
        if (group, element) != _ITEM or length == _UNDEFINED or len(fragments) > MAX_FRAMES:
            raise damaged("its pixel data are not a list of frames")
        if at + 8 + length > file_bytes:
            raise cut_off(file_bytes)
        if first:
            table = struct.unpack(f"<{length // 4}I", _read(file, length // 4 * 4, file_bytes))
            begin, first = at + 8 + length, False
        else:
            fragments.append((at - begin, at + 8, length))
        file.seek(at + 8 + length)
    return _by_frame(fragments, table, count)


def _by_frame(fragments: list[tuple[int, int, int]], table: tuple[int, ...], count: int) -> list[list[tuple[int, int]]]:
    places = [(start, length) for _, start, length in fragments]
    if len(places) == count:
        return [[place] for place in places]
    if count == 1 and places:
        return [places]
    if len(table) != count or list(table) != sorted(table):
        raise damaged("its list of frames does not fit their number")
    frames: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    number = -1
    for offset, start, length in fragments:
        while number + 1 < count and table[number + 1] <= offset:
            number += 1
        if number >= 0:
            frames[number].append((start, length))
    return frames
