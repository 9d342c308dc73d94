"""Small ND2 files as NIS-Elements writes them since version 3: chunks, their map at the end, and metadata in its binary
notation. Source: the nd2 library's reader (github.com/tlambert03/nd2, _parse)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

_MAGIC = 0x0ABECEDA
_MAP, _MAP_END = b"ND2 FILEMAP SIGNATURE NAME 0001!", b"ND2 CHUNK MAP SIGNATURE 0000001!"
_BOOL, _UINT, _DOUBLE, _TEXT, _LEVEL = 1, 3, 6, 8, 11


def _record(name: str, value: Any) -> bytes:
    kind, packed = _packed(name, value)
    return bytes([kind, len(name) + 1]) + (name + "\0").encode("utf-16-le") + packed


def _packed(name: str, value: Any) -> tuple[int, bytes]:
    if isinstance(value, dict):
        content = b"".join(_record(key, each) for key, each in value.items())
        length = 2 + 2 * (len(name) + 1) + 12 + len(content)
        return _LEVEL, struct.pack("<IQ", len(value), length) + content + bytes(8 * len(value))
    if isinstance(value, bool):
        return _BOOL, bytes([value])
    if isinstance(value, int):
        return _UINT, struct.pack("<I", value)
    if isinstance(value, float):
        return _DOUBLE, struct.pack("<d", value)
    return _TEXT, (value + "\0").encode("utf-16-le")


def _loop(sizes: list[tuple[str, int]]) -> dict[str, Any]:
    (axis, count), inner = sizes[0], sizes[1:]
    parameters: dict[str, dict[str, Any]] = {
        "T": {"uiCount": count, "dStart": 0.0, "dPeriod": 1500.0, "dDuration": 0.0},
        "Z": {"uiCount": count, "dZLow": 0.0, "dZHigh": 0.5 * (count - 1), "dZStep": 0.5, "dZHome": 0.0, "iType": 2},
        "P": {"Points": {f"i{n:010}": {"dPosX": 1.0 * n, "dPosY": 0.0, "dPosName": f"#{n}"} for n in range(count)}},
    }
    said: dict[str, Any] = {"eType": {"T": 1, "P": 2, "Z": 4}[axis], "uLoopPars": parameters[axis]}
    if inner:
        said["ppNextLevelEx"] = {"i0000000000": _loop(inner)}
    return said


def nd2(
    frames_nyxc: np.ndarray,
    sizes: list[tuple[str, int]],
    *,
    names: tuple[str, ...],
    rgb: bool = False,
    packed: bool = False,
    changed: dict[str, Any] | None = None,
) -> bytes:
    """``sizes``: the loops from the outermost inwards, T, P or Z. ``changed``: attributes that are not the truth."""
    count, height, width, samples = frames_nyxc.shape
    bits = frames_nyxc.dtype.itemsize * 8
    attributes = {
        "uiWidth": width, "uiHeight": height, "uiComp": samples, "uiBpcInMemory": bits, "uiBpcSignificant": bits,
        "uiSequenceCount": count, "uiWidthBytes": width * samples * bits // 8, "eCompression": 0 if packed else 2,
        **(changed or {}),
    }  # fmt: skip
    planes = {
        f"a{n}": {"uiCompCount": 3 if rgb else 1, "uiSampleIndex": n, "sDescription": name, "uiColor": 0x10FF00 >> n,
                  "pFluorescentProbe": {"m_uiColor": 0}} for n, name in enumerate(names)}  # fmt: skip
    metadata = {"bCalibrated": True, "dCalibration": 0.325,
                "sPicturePlanes": {"uiCount": len(names), "sPlaneNew": planes}}  # fmt: skip
    chunks = {
        "ImageAttributesLV!": _record("SLxImageAttributes", attributes),
        "ImageMetadataSeqLV|0!": _record("SLxPictureMetadata", metadata),
    }
    if sizes:
        chunks["ImageMetadataLV!"] = _record("SLxExperiment", _loop(sizes))
    for number, frame in enumerate(frames_nyxc):
        data = zlib.compress(frame.tobytes()) if packed else frame.tobytes()
        chunks[f"ImageDataSeq|{number}!"] = bytes(8) + data
    return _file(chunks)


def _chunk(name: bytes, data: bytes, reserved: int) -> bytes:
    return struct.pack("<IIQ", _MAGIC, reserved, len(data)) + name.ljust(reserved, b"\0") + data


def _file(chunks: dict[str, bytes]) -> bytes:
    content = _chunk(b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver3.0".ljust(64, b"\0"), 32)
    places = b""
    for name, data in chunks.items():
        places += name.encode() + struct.pack("<QQ", len(content), len(data))
        # Pixels begin 4096 bytes after their chunk: 16 of the header, the name, 8 of the time.
        content += _chunk(name.encode(), data, 4072)
    start = len(content)
    return content + _chunk(_MAP, places + _MAP_END + struct.pack("<Q", start), 32)
