"""The one pickle that Cellpose reads and writes, `_seg.npy`: a dictionary in an array of one object. Written by
emitting the few opcodes it takes; nothing is ever unpickled.

Source: CPython's pickletools (protocol 3), numpy.lib.format 1.0, numpy.ndarray.__reduce__.
"""

from __future__ import annotations

import math
import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_HEADER = "{'descr': '|O', 'fortran_order': False, 'shape': (), }"
_DTYPES = {"bool": "b1", "uint8": "u1", "uint16": "u2", "uint32": "u4", "float32": "f4", "float64": "f8", "int64": "i8"}


def write_seg(file: IO[bytes], content: dict[str, Any]) -> None:
    """An .npy file that numpy reads as an array of one object, which is ``content``: strings, whole numbers, floats,
    truth values, None, lists, dictionaries by string, and arrays of the usual numbers."""
    head = _HEADER.encode()
    padding = -(len(head) + 11) % 64
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head) + padding + 1) + head + b" " * padding + b"\n")
    file.write(b"\x80\x03")
    # The array of shape () with one element, as ndarray pickles itself: reconstruct, then state.
    _array_start(file, "O8", shape=())
    file.write(b"]" + b"(")
    _value(file, content)
    file.write(b"e" + b"t" + b"b.")


def _value(file: IO[bytes], value: Any) -> None:
    if isinstance(value, np.ndarray):
        _array(file, value)
    elif isinstance(value, dict):
        file.write(b"}(")
        for key, each in value.items():
            _value(file, str(key))
            _value(file, each)
        file.write(b"u")
    elif isinstance(value, list):
        file.write(b"](")
        for each in value:
            _value(file, each)
        file.write(b"e")
    else:
        file.write(_scalar(value))


def _scalar(value: object) -> bytes:
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        # Every NaN is the same bytes.
        return b"G" + struct.pack(">d", math.nan if math.isnan(value) else value)
    return _text(str(value))


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def _bytes(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def _array_start(file: IO[bytes], code: str, *, shape: tuple[int, ...]) -> None:
    """An empty array, and its state up to the data: (version, shape, dtype, Fortran order, …."""
    file.write(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R")
    file.write(b"(K\x01" + b"(" + b"".join(b"J" + struct.pack("<i", size) for size in shape) + b"t")
    file.write(b"cnumpy\ndtype\n" + _text(code) + b"\x89\x88\x87R")
    order, flags = (b"|", 63) if code == "O8" else (b"|" if code.endswith("1") else b"<", 0)
    file.write(b"(K\x03" + _text(order.decode()) + b"NNN" + b"J\xff\xff\xff\xff" * 2 + b"K" + bytes([flags]) + b"tb")
    file.write(b"\x89")


def _array(file: IO[bytes], values: NDArray[Any]) -> None:
    code = _DTYPES[values.dtype.name]
    data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    _array_start(file, code, shape=values.shape)
    file.write(_bytes(data))
    file.write(b"tb")
