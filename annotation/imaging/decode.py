"""Decode a file that a person sent: in a process of its own, limited, thrown away afterwards (S6–S9).

Nothing that the process says is believed unseen: see measure.py.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.errors import AppError, ErrorCode
from annotation.imaging.containment import WALLS, Limits
from annotation.imaging.measure import Decoded, measure, measure_question
from annotation.imaging.source import Choice, Question

logger = logging.getLogger(__name__)

DECODER = "annotation.imaging.decoder"
TICK_SECONDS = 5.0
_MEMORY_BYTES = 3 * 1024**3
"""Of address space, of which Python, its libraries and their threads take a third."""
_FILE_BYTES = 16 * 1024**2
_BYTES_PER_SECOND = 1_000_000
_RESULT_BYTES = 16 * 1024**2
OnTick = Callable[[float], None]
"""Told the share that is done, 0 to 1."""
_EMPTY_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def default_limits(file_bytes: int) -> Limits:
    """Time grows with the file, memory does not: planes are read in bands."""
    seconds = 60 + file_bytes // _BYTES_PER_SECOND
    return Limits(memory_bytes=_MEMORY_BYTES, file_bytes=_FILE_BYTES, cpu_seconds=seconds, seconds=140.0 + 3 * seconds)


def decode(
    path: Path,
    folder: Path,
    *,
    name: str,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    on_tick: OnTick = lambda _share: None,
    limits: Limits | None = None,
    program: str = DECODER,
) -> Decoded:
    """Decode the file at ``path`` into ``folder``, which exists and is empty.

    ``name`` is what the person calls the file. ``on_tick`` is called every few seconds; what it raises ends the
    process. Raises AppError UNREADABLE or TOO_LARGE, with a sentence for the person.
    """
    limits = limits or default_limits(path.stat().st_size)
    found = _decoded(path, folder, name=name, choice=choice, ask=False, on_tick=on_tick, limits=limits, program=program)
    if isinstance(found, Question):
        raise _unreadable(name)
    return found


def decode_or_ask(
    path: Path, folder: Path, *, name: str, choice: Choice, on_tick: OnTick = lambda _share: None
) -> Decoded | Question:
    """As ``decode``, but what the file leaves open is returned, with pictures in ``folder``, and nothing is decoded."""
    limits = default_limits(path.stat().st_size)
    return _decoded(path, folder, name=name, choice=choice, ask=True, on_tick=on_tick, limits=limits, program=DECODER)


def _decoded(
    path: Path, folder: Path, *, name: str, choice: Choice, ask: bool, on_tick: OnTick, limits: Limits, program: str
) -> Decoded | Question:
    bounds = {"limit_pixels": settings.IMAGE_PIXELS, "limit_values": settings.IMAGE_VALUES}
    options = json.dumps({**asdict(limits), **bounds, "choice": asdict(choice), "ask": ask})
    command = [sys.executable, "-E", "-s", "-B", "-m", program, str(path), str(folder), options]
    advice = "Save a copy without compression in Fiji, then upload that."
    result = run_program(command, folder, name=name, on_tick=on_tick, seconds=limits.seconds, advice=advice)
    try:
        if "question" in result:
            return measure_question(folder, result["question"])
        return measure(folder, result, **bounds)
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


def run_program(
    command: list[str], folder: Path, *, name: str, on_tick: OnTick, seconds: float, advice: str
) -> dict[str, Any]:
    """The result of a program that puts itself behind walls and writes ``folder``/result.json. Raises AppError where it
    refuses the file, or takes too long, with ``advice``."""
    result = _run(command, folder, name=name, on_tick=on_tick, seconds=seconds, advice=advice)
    _tell_missing_walls(tuple(result.get("walls") or WALLS))
    if result.get("ok") is not True:
        raise _refusal(result, name)
    return result


def _run(
    command: list[str], folder: Path, *, name: str, on_tick: OnTick, seconds: float, advice: str
) -> dict[str, Any]:
    """Run the program to its end or to the limit; nothing of it is left afterwards."""
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=_EMPTY_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = _wait(process, lambda: on_tick(_share_done(folder)), seconds=seconds)
    finally:
        _end(process)
    if code is None:
        raise AppError(
            ErrorCode.UNREADABLE,
            f"{name} took longer than {seconds:.0f} seconds to decode. {advice}",
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


def _share_done(folder: Path) -> float:
    """What the decoder says of its progress; nothing depends on its being true."""
    try:
        return min(max(float(_read(folder / "progress", 16)), 0.0), 1.0)
    except (OSError, ValueError):
        return 0.0


def _read(path: Path, most: int) -> bytes:
    """The beginning of a file that the decoder wrote; neither a link nor a pipe in its place does harm."""
    place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(place, most)
    finally:
        os.close(place)


def _result(folder: Path) -> dict[str, Any]:
    try:
        result = json.loads(_read(folder / "result.json", _RESULT_BYTES))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}
