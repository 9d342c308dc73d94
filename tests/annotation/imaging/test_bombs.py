"""S6: small files that would become huge are refused from their headers, in no time, within little memory."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from annotation.errors import AppError, ErrorCode
from annotation.imaging.containment import Limits
from annotation.imaging.decode import decode
from tests.annotation.imaging.tiff_maker import (
    BITS,
    COMPRESSION,
    LENGTH,
    PHOTOMETRIC,
    SAMPLES,
    TILE_COUNTS,
    TILE_LENGTH,
    TILE_OFFSETS,
    TILE_WIDTH,
    WIDTH,
    Page,
    grey_page,
    tiff,
)

SMALL = Limits(memory_bytes=700 * 1024**2, file_bytes=64 * 1024**2, cpu_seconds=20, seconds=60)
DEFLATE = 8


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, before: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + body


def sparse_tiles(side: int, tile: int) -> bytes:
    tags = {WIDTH: side, LENGTH: side, BITS: 8, COMPRESSION: DEFLATE, PHOTOMETRIC: 1, SAMPLES: 1}
    tags |= {TILE_WIDTH: tile, TILE_LENGTH: tile, TILE_OFFSETS: 0, TILE_COUNTS: 0}
    return tiff([Page(tags)])


def swollen_strip() -> bytes:
    data = zlib.compress(bytes(100 * 1024**2), 1)
    return tiff([grey_page(64, 64, data, COMPRESSION=DEFLATE)])


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "sparse tiles of 40,000 squared": (lambda: sparse_tiles(40_000, 256), "40,000 × 40,000 pixels"),
    "one tile much larger than its image": (lambda: sparse_tiles(16, 60_000), "more memory"),
    "a strip that swells to more than declared": (swollen_strip, "damaged"),
    "65,535 samples per pixel": (lambda: tiff([grey_page(64, 64, b"\0" * 64, SAMPLES=65_535)]), "samples"),
    "PNG of 90,000 squared": (lambda: png(90_000, 90_000), "90,000 × 90,000 pixels"),
    "JPEG of 65,000 squared": (lambda: jpeg_header(65_000, 65_000), "65,000 × 65,000 pixels"),
    "10,000 planes": (lambda: tiff([grey_page(4, 4, b"\0" * 16)] * 10_000), "more than 4,096 planes"),
    "planes in a circle": (lambda: tiff([grey_page(4, 4, b"\0" * 16)] * 3, loop=True), "runs in a circle"),
    "200 texts of a megabyte": (
        lambda: png(4, 4, before=chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 1_000_000)) * 200),
        "more text than an image needs",
    ),
    "a tag of four gigabytes": (
        lambda: tiff([Page({WIDTH: 4, LENGTH: 4}, fields={700: (1, 0xFFFFFFF0, 8)})]),
        "far more data than an image needs",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    make, reason = BOMBS[name]
    path, folder = tmp_path / "bomb", tmp_path / "decoded"
    path.write_bytes(make())
    folder.mkdir()
    begun = time.monotonic()
    with pytest.raises(AppError, match=reason) as caught:
        decode(path, folder, name="bomb.tif", limits=SMALL)
    assert time.monotonic() - begun < 10
    assert caught.value.code in (ErrorCode.TOO_LARGE, ErrorCode.UNREADABLE)
    assert {file.name for file in folder.iterdir()} <= {"progress", "result.json"}
