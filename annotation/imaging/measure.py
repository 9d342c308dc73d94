"""What a decoder left behind, looked at by the server: nothing that the process says is believed unseen."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.imaging.kinds import Kind
from annotation.imaging.layout import STORE, chunk_bytes, chunk_path, chunk_places, levels_of, write_metadata
from annotation.imaging.source import (
    DTYPES,
    MAX_SERIES,
    MOST_ASKED,
    About,
    AskedSeries,
    Channel,
    Question,
    preview_name,
)

_MAX_CHANNELS = 1024
_MAX_NOTES = 5
_MAX_LABELS = 50
_THUMBNAIL_BYTES = 512 * 1024
_MAGIC = b"\x28\xb5\x2f\xfd"
_HEAD_BYTES = 18
_COLOUR = re.compile("#[0-9a-f]{6}")


@dataclass(frozen=True)
class Decoded:
    """What was read. The folder that was given to ``decode`` holds the pyramid and thumbnail.webp. ``colours`` and
    ``ranges`` by channel; ``pixels_sha256`` is the hash of the image's shape and of all its chunks in order."""

    kind: Kind
    about: About
    colours: list[str]
    ranges: list[tuple[float, float]]
    pixels_sha256: str


def measure(folder: Path, result: dict[str, Any], *, limit_pixels: int, limit_values: int) -> Decoded:
    """The result, checked against the files themselves; metadata are written anew from what was checked. Raises
    ValueError, KeyError, TypeError or OSError when they disagree."""
    about = _about(result["about"], limit_pixels=limit_pixels, limit_values=limit_values)
    colours = [_colour(colour) for colour in result["colours"]]
    ranges = [_range(limits) for limits in result["ranges"]]
    if not len(colours) == len(ranges) == about.size_c:
        raise ValueError("the channels are not all described")
    kind = next(kind for kind in Kind if kind.title == result["kind"])
    store = folder / STORE
    # Before anything is written here: a link in its place would lead out of the folder.
    _check_names(store, about)
    write_metadata(store, about, colours, ranges)
    _check_thumbnail(folder / "thumbnail.webp")
    return Decoded(kind, about, colours, ranges, hash_of(store, about))


def measure_question(folder: Path, said: dict[str, Any]) -> Question:
    """What the file leaves open, checked; of its pictures those that there are. Raises as ``measure``."""
    series = tuple(_asked(number, one, folder) for number, one in enumerate(said["series"][:MOST_ASKED]))
    labels = tuple(_text(name, 120) for name in said["labels"][:_MAX_LABELS])
    if not series:
        raise ValueError("there is nothing to ask")
    return Question(series=series, planes=_count(said["planes"]), labels=labels)


def _asked(number: int, said: dict[str, Any], folder: Path) -> AskedSeries:
    name, problem = _text(said["name"], 120), _text(said["problem"], 300)
    if problem:
        return AskedSeries(name=name, problem=problem)
    if said["dtype"] not in DTYPES:
        raise ValueError("an image is of no known kind")
    if said["preview"] is True:
        _check_thumbnail(folder / preview_name(number))
    size_t, size_c, size_z, height, width = (_size(said[field]) for field in _SIZES)
    return AskedSeries(name, size_t, size_c, size_z, height, width, said["dtype"], preview=said["preview"] is True)


def _about(said: dict[str, Any], *, limit_pixels: int, limit_values: int) -> About:
    size_t, size_c, size_z, height, width = (_size(said[name]) for name in _SIZES)
    if size_c > _MAX_CHANNELS or height * width > limit_pixels:
        raise ValueError("a plane is larger than allowed")
    if size_t * size_c * size_z * height * width > limit_values or said["dtype"] not in DTYPES:
        raise ValueError("the image is larger than allowed, or of another kind")
    channels = tuple(_channel(each) for each in said["channels"])
    rgb = said["rgb"] is True
    if len(channels) != size_c or (rgb and size_c != 3):
        raise ValueError("the channels do not fit")
    z_um, y_um, x_um = (_length(each) for each in said["pixel_um"])
    notes = tuple(_text(note, 200) for note in said["notes"][:_MAX_NOTES])
    return About(
        size_t=size_t,
        size_c=size_c,
        size_z=size_z,
        height=height,
        width=width,
        dtype=said["dtype"],
        channels=channels,
        rgb=rgb,
        pixel_um=(z_um, y_um, x_um),
        time_step=_length(said["time_step"]),
        notes=notes,
        guessed=said["guessed"] is True,
        planes=_count(said["planes"]),
        labels=tuple(_text(name, 120) for name in said["labels"][:_MAX_LABELS]),
        series=tuple(_text(name, 120) for name in said["series"][:MAX_SERIES]),
    )


_SIZES = ("size_t", "size_c", "size_z", "height", "width")


def _channel(said: dict[str, Any]) -> Channel:
    return Channel(_text(said["name"], 80), said["colour"] and _colour(said["colour"]))


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a size is no size")
    return value


def _count(value: object) -> int:
    return 0 if value == 0 else _size(value)


def _text(value: object, longest: int) -> str:
    return "".join(letter for letter in str(value) if letter.isprintable())[:longest]


def _colour(value: object) -> str:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise ValueError("a colour is no colour")
    return value


def _range(limits: Any) -> tuple[float, float]:
    low, high = (float(value) for value in limits)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError("a range is no range")
    return low, high


def _length(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not (math.isfinite(value) and value > 0):
        raise ValueError("a length is no length")
    return float(value)


def _files(folder: Path) -> Iterator[str]:
    """Plain files below ``folder``. Raises ValueError for anything that is neither file nor folder."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry.path
        else:
            raise ValueError(f"{entry.name} is neither a file nor a folder")


def _check_names(store: Path, about: About) -> None:
    """The store holds its chunks and its metadata, and nothing else."""
    if store.is_symlink():
        raise ValueError("the store is a link")
    levels = len(levels_of(about.height, about.width))
    wanted = sum(1 for _ in chunk_places(about)) + 1 + levels
    if sum(1 for _ in _files(store)) != wanted:
        raise ValueError("there are more files, or fewer, than the image has")


def _check_thumbnail(path: Path) -> None:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _THUMBNAIL_BYTES:
        raise ValueError("the thumbnail is missing or too large")


def hash_of(store: Path, about: About) -> str:
    """SHA-256 (hex). Every chunk must be one zstd frame that says that it holds a chunk's values."""
    size = chunk_bytes(about.dtype)
    shape = (about.size_t, about.size_c, about.size_z, about.height, about.width, about.dtype, about.rgb)
    digest = hashlib.sha256(repr(shape).encode())
    for place in chunk_places(about):
        data = (store / chunk_path(*place)).read_bytes()
        if len(data) > size + size // 64 + 1024 or content_size(data) != size:
            raise ValueError("a chunk is no chunk")
        digest.update(data)
    return digest.hexdigest()


def content_size(data: bytes) -> int:
    """How many bytes a zstd frame says that it holds, -1 where it does not say. Source: RFC 8878, section 3.1.1.1."""
    if data[:4] != _MAGIC or len(data) < _HEAD_BYTES:
        return -1
    descriptor = data[4]
    single, flag = bool(descriptor & 0x20), descriptor >> 6
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    length = (1 if single else 0, 2, 4, 8)[flag]
    if length == 0:
        return -1
    return int.from_bytes(data[start : start + length], "little") + (256 if length == 2 else 0)
