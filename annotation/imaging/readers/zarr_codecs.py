"""Chunks of Zarr 2 and 3 as numbers. Runs in the decoder: no Django.

The zarr library needs an event loop, whose socket pair the walls refuse, and numcodecs' registry holds a codec that
unpickles (S12); so the few codecs that images come with are named here, each bounded by what a chunk should hold.
Source: https://zarr-specs.readthedocs.io (core 2 and 3, codecs of version 3), numcodecs 0.16.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.imaging.refusals import damaged, unsupported

MAX_CHUNK_BYTES = 256 * 1024**2
_CHECKSUM_BYTES = 4
_BROKEN = (ValueError, TypeError, RuntimeError, EOFError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Chunks:
    """How an array is cut up and packed. ``shape`` is that of a chunk; ``order`` the axes as stored, slowest first;
    ``packers`` in the order in which they unpack."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...]
    packers: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Of one chunk, unpacked."""
        return prod(self.shape) * self.dtype.itemsize

    def decode(self, data: bytes) -> NDArray[Any]:
        """A chunk's numbers, axes as the array has them. Raises RefusalError."""
        try:
            for packer in self.packers:
                data = _UNPACK[packer](data, self.nbytes)
            stored = np.frombuffer(data, self.dtype).reshape([self.shape[axis] for axis in self.order])
        except _BROKEN as why:
            raise damaged("a chunk of it cannot be decoded") from why
        return stored.transpose(np.argsort(self.order))


def _inflate(data: bytes, most: int) -> bytes:
    # 47: a gzip or a zlib header, whichever is there.
    return zlib.decompressobj(wbits=47).decompress(data, most + 1)


def _blosc(data: bytes, most: int) -> bytes:
    if len(data) < 16 or int.from_bytes(data[4:8], "little") != most:
        raise ValueError("size")
    return bytes(imagecodecs.blosc_decode(data, numthreads=1, out=most))


def _zstd(data: bytes, most: int) -> bytes:
    return bytes(imagecodecs.zstd_decode(data, out=most))


def _lz4(data: bytes, most: int) -> bytes:
    if int.from_bytes(data[:4], "little") != most:
        raise ValueError("size")
    return bytes(imagecodecs.lz4_decode(data[4:], out=most))


def _bz2(data: bytes, most: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, most + 1)


def _lzma(data: bytes, most: int) -> bytes:
    return lzma.LZMADecompressor(memlimit=256 * 1024**2).decompress(data, most + 1)


def _without_checksum(data: bytes, _most: int) -> bytes:
    return data[:-_CHECKSUM_BYTES]


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "blosc": _blosc,
    "zstd": _zstd,
    "gzip": _inflate,
    "zlib": _inflate,
    "lz4": _lz4,
    "bz2": _bz2,
    "lzma": _lzma,
    "crc32c": _without_checksum,
}


def _packer(name: object) -> str:
    if not isinstance(name, str) or name not in _UNPACK:
        raise unsupported(f"packs its chunks with “{str(name)[:40]}”")
    return name


def _checked(chunks: Chunks) -> Chunks:
    if not chunks.shape or min(chunks.shape) < 1 or chunks.dtype.kind not in "buif":
        raise ValueError("chunks")
    if chunks.nbytes > MAX_CHUNK_BYTES:
        raise damaged("its chunks are far larger than an image needs")
    return chunks


def chunks_of_v2(said: dict[str, Any]) -> Chunks:
    """Of a .zarray. Raises RefusalError, or what a wrong file makes Python raise."""
    if said.get("filters"):
        raise unsupported("filters its chunks in a way that is not read")
    shape = tuple(int(size) for size in said["chunks"])
    axes = tuple(range(len(shape)))
    compressor = said.get("compressor")
    packers = () if compressor is None else (_packer(compressor["id"]),)
    order = axes[::-1] if said.get("order", "C") == "F" else axes
    return _checked(Chunks(shape, _dtype(said["dtype"]), order, packers))


def _dtype(name: object) -> np.dtype[Any]:
    if not isinstance(name, str) or len(name) > 12:
        raise unsupported("stores values that are not single numbers")
    return np.dtype(name)


def chunks_of_v3(shape: tuple[int, ...], data_type: object, codecs: list[dict[str, Any]]) -> Chunks:
    """Of the codecs of a zarr.json (those inside a shard, where there is one)."""
    order, packers = tuple(range(len(shape))), []
    dtype = _dtype(data_type)
    for codec in codecs:
        options = codec.get("configuration") or {}
        if codec["name"] == "transpose":
            order = tuple(order[int(axis)] for axis in options["order"])
        elif codec["name"] == "bytes":
            dtype = dtype.newbyteorder(">" if options.get("endian") == "big" else "<")
        else:
            packers.append(_packer(codec["name"]))
    if sorted(order) != list(range(len(shape))):
        raise ValueError("order")
    return _checked(Chunks(shape, dtype, order, tuple(reversed(packers))))
