"""One array of a zipped Zarr 2 or 3, sharded or not, chunk by chunk. Runs in the decoder: no Django.

Source: https://zarr-specs.readthedocs.io (core 2 and 3, sharding codec 1.0).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.imaging.readers.archive import Archive
from annotation.imaging.readers.zarr_codecs import MAX_CHUNK_BYTES, Chunks, chunks_of_v2, chunks_of_v3
from annotation.imaging.refusals import damaged

MAX_JSON_BYTES = 4 * 1024**2
_CACHE_BYTES = 512 * 1024**2
_MAX_CHUNKS = 20_000_000
_MAX_INDEX_BYTES = 16 * 1024**2
_NO_CHUNK = 2**64 - 1


@dataclass(frozen=True)
class _Shards:
    """Chunks that lie together in one part: how many along each axis, and where the list of them is."""

    counts: tuple[int, ...]
    at_end: bool
    checksum: bool


@dataclass(frozen=True)
class _Layout:
    shape: tuple[int, ...]
    chunks: Chunks
    separator: str
    prefix: str
    fill: float
    shards: _Shards | None = None


def read_json(archive: Archive, name: str, *, most: int = MAX_JSON_BYTES) -> dict[str, Any] | None:
    """A JSON object of at most this many bytes; None where there is no such part, or it holds something else."""
    data = archive.read(name, most=most)
    if data is None:
        return None
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as why:
        raise damaged("its metadata are no JSON") from why
    return said if isinstance(said, dict) else None


class ZarrArray:
    """The array in folder ``path`` of the archive. Raises RefusalError."""

    def __init__(self, archive: Archive, path: str) -> None:
        self._archive = archive
        self._path = path
        try:
            self._layout = _layout(archive, path)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as why:
            raise damaged("its metadata do not describe an image") from why
        sizes = zip(self._layout.shape, self._layout.chunks.shape, strict=True)
        if prod(-(-size // part) for size, part in sizes) > _MAX_CHUNKS:
            raise damaged("its chunks are far smaller than an image needs")
        self._kept: OrderedDict[tuple[int, ...], NDArray[Any]] = OrderedDict()
        self._kept_bytes = 0
        self._index: tuple[tuple[int, ...], NDArray[Any] | None] = ((), None)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return self._layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """As stored."""
        return self._layout.chunks.dtype

    def read(self, box: list[tuple[int, int]]) -> NDArray[Any]:
        """The numbers between start and stop of each axis, as stored but in native byte order."""
        layout = self._layout
        whole = np.full([stop - start for start, stop in box], layout.fill, layout.chunks.dtype.newbyteorder("="))
        sizes = layout.chunks.shape
        ranges = [range(start // size, -(-stop // size)) for (start, stop), size in zip(box, sizes, strict=True)]
        for at in np.ndindex(*[len(each) for each in ranges]):
            place = tuple(each[number] for each, number in zip(ranges, at, strict=True))
            chunk = self._chunk(place)
            if chunk is not None:
                _paste(whole, box, chunk, [number * size for number, size in zip(place, sizes, strict=True)])
        return whole

    def _chunk(self, place: tuple[int, ...]) -> NDArray[Any] | None:
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        data = self._packed(place)
        if data is None:
            return None
        chunk = self._layout.chunks.decode(data)
        self._kept[place] = chunk
        self._kept_bytes += chunk.nbytes
        while self._kept_bytes > _CACHE_BYTES and len(self._kept) > 1:
            self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        return chunk

    def _packed(self, place: tuple[int, ...]) -> bytes | None:
        layout = self._layout
        most = layout.chunks.nbytes + layout.chunks.nbytes // 8 + 4096
        if layout.shards is None:
            return self._archive.read(self._name(place), most=most)
        shard = tuple(number // count for number, count in zip(place, layout.shards.counts, strict=True))
        index = self._shard_index(shard, layout.shards)
        if index is None:
            return None
        inner = tuple(number % count for number, count in zip(place, layout.shards.counts, strict=True))
        offset, count = (int(value) for value in index[inner])
        if offset == _NO_CHUNK and count == _NO_CHUNK:
            return None
        if count > most:
            raise damaged("a chunk of it is far larger than it should be")
        return self._archive.read_at(self._name(shard), offset, count)

    def _name(self, place: tuple[int, ...]) -> str:
        parts = [self._layout.prefix, *map(str, place)] if self._layout.prefix else [*map(str, place)]
        return _joined(self._path, self._layout.separator.join(parts))

    def _shard_index(self, shard: tuple[int, ...], shards: _Shards) -> NDArray[Any] | None:
        """(offset, count) of each chunk in a shard; None where the shard is missing."""
        if self._index[0] != shard:
            name = self._name(shard)
            size = self._archive.size(name)
            index = None
            if size is not None:
                count = prod(shards.counts) * 16
                start = size - count - (4 if shards.checksum else 0) if shards.at_end else 0
                data = self._archive.read_at(name, start, count)
                index = np.frombuffer(data, "<u8").reshape(*shards.counts, 2)
            self._index = shard, index
        return self._index[1]


def _paste(whole: NDArray[Any], box: list[tuple[int, int]], chunk: NDArray[Any], corner: list[int]) -> None:
    """Copy what a chunk that begins at ``corner`` has of the box."""
    there, here = [], []
    for (start, stop), first, size in zip(box, corner, chunk.shape, strict=True):
        low, high = max(start, first), min(stop, first + size)
        there.append(slice(low - start, high - start))
        here.append(slice(low - first, high - first))
    whole[tuple(there)] = chunk[tuple(here)]


def _joined(*parts: str) -> str:
    return "/".join(part.strip("/") for part in parts if part.strip("/"))


def _layout(archive: Archive, path: str) -> _Layout:
    said = read_json(archive, _joined(path, "zarr.json"))
    if said is not None:
        return _layout_v3(said)
    said = read_json(archive, _joined(path, ".zarray"))
    if said is None:
        raise damaged("it names an array that it does not hold")
    separator = said.get("dimension_separator", ".")
    if separator not in ("/", "."):
        raise ValueError("separator")
    return _Layout(_shape(said["shape"]), chunks_of_v2(said), separator, "", _fill(said.get("fill_value")))


def _shape(said: Any) -> tuple[int, ...]:
    shape = tuple(int(size) for size in said)
    if not 2 <= len(shape) <= 5 or min(shape) < 1:
        raise ValueError("shape")
    return shape


def _fill(value: object) -> float:
    if isinstance(value, str):
        return float(value)
    return value if isinstance(value, int | float) else 0


def _layout_v3(said: dict[str, Any]) -> _Layout:
    if said.get("node_type") != "array":
        raise damaged("it names an array that it does not hold")
    outer = tuple(int(size) for size in said["chunk_grid"]["configuration"]["chunk_shape"])
    encoding = said.get("chunk_key_encoding") or {"name": "default"}
    plain = encoding["name"] == "v2"
    separator = (encoding.get("configuration") or {}).get("separator", "." if plain else "/")
    if encoding["name"] not in ("default", "v2") or separator not in ("/", "."):
        raise ValueError("keys")
    codecs, shards, shape = said["codecs"], None, outer
    if codecs[0]["name"] == "sharding_indexed":
        options = codecs[0]["configuration"]
        shape, codecs = tuple(int(size) for size in options["chunk_shape"]), options["codecs"]
        shards = _shards(options, outer, shape)
    chunks = chunks_of_v3(shape, said["data_type"], codecs)
    return _Layout(
        _shape(said["shape"]), chunks, separator, "" if plain else "c", _fill(said.get("fill_value")), shards
    )


def _shards(options: dict[str, Any], outer: tuple[int, ...], inner: tuple[int, ...]) -> _Shards:
    if min(inner) < 1 or any(size % part for size, part in zip(outer, inner, strict=True)):
        raise ValueError("shards")
    counts = tuple(size // part for size, part in zip(outer, inner, strict=True))
    if prod(counts) * 16 > min(_MAX_INDEX_BYTES, MAX_CHUNK_BYTES):
        raise damaged("its shards hold far more chunks than an image needs")
    names = [codec["name"] for codec in options.get("index_codecs", [])]
    if names not in (["bytes"], ["bytes", "crc32c"]):
        raise ValueError("index")
    return _Shards(counts, options.get("index_location", "end") == "end", "crc32c" in names)
