"""Decode a file that a person sent: in a process of its own, limited, thrown away afterwards (S6–S9).

Nothing that the process says is believed unseen: its files are opened as plain arrays, measured and hashed here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from annotation.errors import AppError, ErrorCode
from annotation.imaging.containment import WALLS, Limits
from annotation.imaging.kinds import Kind

logger = logging.getLogger(__name__)

DECODER = "annotation.imaging.decoder"
TICK_SECONDS = 5.0
_OUTPUTS = ("plane.npy", "plane.zst", "thumbnail.webp")
_THUMBNAIL_BYTES = 512 * 1024
_EMPTY_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


@dataclass(frozen=True)
class Decoded:
    """What was read. The folder that was given to ``decode`` holds plane.npy, plane.zst and thumbnail.webp."""

    kind: Kind
    width: int
    height: int
    channels: int
    dtype: str
    low: float
    high: float
    pixels_sha256: str
    notes: list[str]


def default_limits() -> Limits:
    """A plane, its copies while it is converted, and Python itself."""
    largest = settings.IMAGE_PIXELS * 6
    return Limits(memory_bytes=1024**3 + 4 * largest, file_bytes=largest + 16 * 1024**2, cpu_seconds=60, seconds=200.0)


def decode(
    path: Path,
    folder: Path,
    *,
    name: str,
    on_tick: Callable[[], None] = lambda: None,
    limits: Limits | None = None,
    program: str = DECODER,
) -> Decoded:
    """Decode the file at ``path`` into ``folder``, which exists and is empty.

    ``name`` is what the person calls the file. ``on_tick`` is called every few seconds; what it raises ends the
    process. Raises AppError UNREADABLE or TOO_LARGE, with a sentence for the person.
    """
    limits = limits or default_limits()
    result = _run(path, folder, name=name, on_tick=on_tick, limits=limits, program=program)
    _tell_missing_walls(tuple(result.get("walls") or WALLS))
    if result.get("ok") is not True:
        raise _refusal(result, name)
    try:
        return _measured(folder, result)
    except (KeyError, TypeError, ValueError, OSError) as error:
        logger.warning("The decoder's result for an upload was refused: %s", error)
        raise _unreadable(name) from error


@cache
def _tell_missing_walls(walls: tuple[str, ...]) -> None:
    """Once for each process: whoever runs the server should know what its kernel does not offer."""
    if missing := [wall for wall in WALLS if wall not in walls]:
        logger.warning("Images are decoded without %s, which this machine does not offer.", " and ".join(missing))


def _unreadable(name: str) -> AppError:
    return AppError(
        ErrorCode.UNREADABLE,
        f"{name} could not be read. Open it in Fiji and save a copy as TIFF, then upload that.",
        status=422,
    )


def _refusal(result: dict[str, Any], name: str) -> AppError:
    code = ErrorCode.TOO_LARGE if result.get("code") == "too_large" else ErrorCode.UNREADABLE
    sentence = result.get("sentence")
    if not isinstance(sentence, str) or not sentence.startswith("{name}"):
        return _unreadable(name)
    printable = "".join(letter for letter in sentence if letter.isprintable())
    return AppError(code, printable.replace("{name}", name, 1)[:500], status=422)


def _run(
    path: Path, folder: Path, *, name: str, on_tick: Callable[[], None], limits: Limits, program: str
) -> dict[str, Any]:
    """Run the program to its end or to the limit; nothing of it is left afterwards."""
    options = json.dumps({**asdict(limits), "limit_pixels": settings.IMAGE_PIXELS})
    process = subprocess.Popen(
        [sys.executable, "-E", "-s", "-B", "-m", program, str(path), str(folder), options],
        cwd=settings.BASE_DIR,
        env=_EMPTY_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = _wait(process, on_tick, seconds=limits.seconds)
    finally:
        _end(process)
    if code is None:
        raise AppError(
            ErrorCode.UNREADABLE,
            f"{name} took longer than {limits.seconds:.0f} seconds to decode. Save a copy without compression in Fiji, "
            "then upload that.",
            status=422,
        )
    if code != 0:
        logger.warning("A decoder ended with %s", code)
    return _result(folder) if code == 0 else {}


def _wait(process: subprocess.Popen[bytes], on_tick: Callable[[], None], *, seconds: float) -> int | None:
    """The exit status, or None when time is up."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            return process.wait(min(left, TICK_SECONDS))
        except subprocess.TimeoutExpired:
            on_tick()
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the process and of its group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _result(folder: Path) -> dict[str, Any]:
    try:
        with (folder / "result.json").open("rb") as file:
            result = json.loads(file.read(64 * 1024))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _measured(folder: Path, result: dict[str, Any]) -> Decoded:
    """The result, checked against the files themselves. Raises when they disagree or are no plain files."""
    for name in _OUTPUTS:
        if (folder / name).is_symlink() or not (folder / name).is_file():
            raise ValueError(f"{name} is missing")
    if (folder / "thumbnail.webp").stat().st_size > _THUMBNAIL_BYTES:
        raise ValueError("the thumbnail is too large")
    pixels = np.load(folder / "plane.npy", mmap_mode="r", allow_pickle=False)
    dtype, channels = pixels.dtype.name, 1 if pixels.ndim == 2 else 3
    if dtype not in ("uint8", "uint16") or pixels.shape[2:] not in ((), (3,)) or not pixels.flags.c_contiguous:
        raise ValueError(f"the plane is {dtype} of shape {pixels.shape}")
    if not 0 < pixels.shape[0] * pixels.shape[1] <= settings.IMAGE_PIXELS:
        raise ValueError("the plane is larger than allowed")
    low, high = float(result["low"]), float(result["high"])
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError("the range is no range")
    kind = next(kind for kind in Kind if kind.title == result["kind"])
    digest = hashlib.sha256(memoryview(pixels).cast("B"))
    notes = [str(note)[:200] for note in result["notes"]][:5]
    height, width = pixels.shape[:2]
    return Decoded(kind, width, height, channels, dtype, low, high, digest.hexdigest(), notes)
