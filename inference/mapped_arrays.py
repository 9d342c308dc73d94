"""Arrays in a safetensors file that are mapped into memory instead of read: all processes share the pages, and only
what is looked at comes from the disk.

The files are those of the safetensors format, the first tensor on a page of its own. Their metadata hold a SHA-256 over
the content. Arrays that are handed out can be written to, but what is written never reaches the file.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

_PAGE = 4096
_LONGEST_HEADER = 1024**2
_CHUNK = 1024**2
_DTYPES = {
    "BOOL": np.bool_, "U8": np.uint8, "I8": np.int8, "U16": np.uint16, "I16": np.int16, "F16": np.float16,
    "U32": np.uint32, "I32": np.int32, "F32": np.float32, "U64": np.uint64, "I64": np.int64, "F64": np.float64,
}  # fmt: skip
_NAMES: dict[np.dtype[Any], str] = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


def _layout(arrays: Arrays) -> dict[str, Any]:
    """The header's entries, the widest numbers first, so that each array is aligned."""
    entries, at = {}, 0
    for name in sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name)):
        array = arrays[name]
        entries[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    return entries


def _start(entries: Mapping[str, Any]) -> Any:
    """A hash over names, types and places, to go on with the content."""
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode())


def write_arrays(file: IO[bytes], arrays: Arrays, about: Mapping[str, object]) -> None:
    """Write ``arrays`` and ``about`` (JSON) into an empty file. Raises OSError when there is no room."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    entries = _layout(arrays)
    digest = _start(entries)
    for name in entries:
        digest.update(arrays[name].data)
    metadata = {"about": json.dumps(about), "sum": digest.hexdigest()}
    header = json.dumps({"__metadata__": metadata, **entries}).encode()
    header += b" " * (-(8 + len(header)) % _PAGE)
    file.write(len(header).to_bytes(8, "little") + header)
    for name in entries:
        file.write(arrays[name].data)


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, Any], int]:
    """The header and where the content starts."""
    length = int.from_bytes(file.read(8), "little")
    if not 0 < length <= min(_LONGEST_HEADER, size - 8):
        raise ValueError("its header is damaged")
    return json.loads(file.read(length)), 8 + length


def _check_sum(file: IO[bytes], entries: Mapping[str, Any], expected: str) -> None:
    digest = _start(entries)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != expected:
        raise ValueError("content and sum differ")


def map_arrays(path: Path, *, check: bool) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """The arrays of a file and what ``write_arrays`` was told ``about`` them; ``check`` reads all of it once and
    compares the sum. Raises FileNotFoundError, or ValueError, KeyError or TypeError for a damaged file."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        entries, start = _read_header(file, size)
        metadata = entries.pop("__metadata__")
        if max((entry["data_offsets"][1] for entry in entries.values()), default=0) != size - start:
            raise ValueError("its length is another one")
        if check:
            _check_sum(file, entries, metadata["sum"])
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    arrays = {name: _array(content, start, entry) for name, entry in entries.items()}
    return arrays, json.loads(metadata["about"])


def _array(content: mmap.mmap, start: int, entry: Mapping[str, Any]) -> NDArray[np.generic]:
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    first, last = entry["data_offsets"]
    count = math.prod(shape)
    if last - first != count * dtype.itemsize:
        raise ValueError("an array's shape and length differ")
    if count == 0:
        return np.empty(shape, dtype)
    array: NDArray[np.generic] = np.frombuffer(content, dtype, count, start + first).reshape(shape)
    return array
