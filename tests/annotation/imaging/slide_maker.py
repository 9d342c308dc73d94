"""Small whole slides: an Aperio SVS is a TIFF with its own description, a Hamamatsu NDPI one with its own tags and one
JPEG for all rows. Source: https://openslide.org/formats/aperio, https://openslide.org/formats/hamamatsu."""

from __future__ import annotations

import io
import struct
from typing import Any

import imagecodecs
import numpy as np
import tifffile

APERIO = "Aperio Image Library v11.2.1\r\n{width}x{height} (64x64) JPEG/RGB Q=90|AppMag = 20|MPP = 0.4990"
_SHORT, _LONG, _RATIO, _TEXT, _FLOAT, _SIGNED = 3, 4, 5, 2, 11, 9


def svs(pixels_hwc: np.ndarray, **how: Any) -> bytes:
    """The slide and its thumbnail."""
    height, width = pixels_hwc.shape[:2]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        said = APERIO.format(width=width, height=height)
        tiff.write(pixels_hwc, tile=(64, 64), photometric="rgb", description=said, metadata=None, **how)
        tiff.write(pixels_hwc[::4, ::4], photometric="rgb", description=said, metadata=None)
    return file.getvalue()


def ndpi(pixels_hwc: np.ndarray, *, width: int | None = None, height: int | None = None) -> bytes:
    """``width`` and ``height``: what the header says, where it lies."""
    strip = bytes(imagecodecs.jpeg8_encode(pixels_hwc, level=95))
    high, wide = height or pixels_hwc.shape[0], width or pixels_hwc.shape[1]
    tags: list[tuple[int, int, Any]] = [
        (256, _LONG, wide), (257, _LONG, high), (258, _SHORT, (8, 8, 8)), (259, _SHORT, 7), (262, _SHORT, 6),
        (271, _TEXT, b"Hamamatsu\0"), (273, _LONG, None), (277, _SHORT, 3), (278, _LONG, high),
        (279, _LONG, len(strip)), (282, _RATIO, (40_000, 1)), (283, _RATIO, (20_000, 1)), (296, _SHORT, 3),
        (65420, _LONG, 1), (65421, _FLOAT, 20.0), (65422, _SIGNED, 0), (65423, _SIGNED, 0), (65424, _SIGNED, 0),
    ]  # fmt: skip
    base, beyond, entries = 8 + 2 + 12 * len(tags) + 8, b"", b""
    # The strip comes first behind the directory, so that its place is known.
    beyond += strip + bytes(len(strip) % 2)
    for tag, kind, value in tags:
        packed, count = _packed(kind, base if value is None else value)
        if len(packed) > 4:
            place, beyond = base + len(beyond), beyond + packed + bytes(len(packed) % 2)
            packed = struct.pack("<I", place)
        entries += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
    head = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(tags))
    return head + entries + struct.pack("<Q", 0) + beyond


def _packed(kind: int, value: Any) -> tuple[bytes, int]:
    if isinstance(value, bytes):
        return value, len(value)
    if kind == _RATIO:
        return struct.pack("<II", *value), 1
    values = value if isinstance(value, tuple) else (value,)
    letter = {_SHORT: "H", _LONG: "I", _FLOAT: "f", _SIGNED: "i"}[kind]
    return struct.pack(f"<{len(values)}{letter}", *values), len(values)
