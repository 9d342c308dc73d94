"""Fetching weights: only when someone asks for it, only by https, and only whole and checked files stay."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPException
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from inference.errors import EngineError, EngineErrorCode
from inference.weights import LARGEST_BYTES, WeightsFile, path_of, sidecar_of

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30

Progress = Callable[[int, int | None], None]
"""Told the bytes so far and, where known, the bytes in all."""


class Response(Protocol):
    """What is used of http.client.HTTPResponse. ``length`` counts the bytes that are still to come, None
    where the server did not say how many."""

    length: int | None

    def read(self, size: int, /) -> bytes:
        """At most that many bytes; none at the end."""


OpenUrl = Callable[[str], AbstractContextManager[Response]]
"""Opens an address for reading; raises OSError when it cannot."""


def open_https(url: str) -> AbstractContextManager[Response]:
    """Open an https address. There is no handler for anything else, so a redirect to http or to a file
    fails."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    response: AbstractContextManager[Response] = opener.open(url, timeout=TIMEOUT_S)
    return response


def fetch(entry: WeightsFile, *, progress: Progress | None = None, open_url: OpenUrl = open_https) -> tuple[Path, str]:
    """Fetch one file of the catalogue into the weights folder. Returns its path and its SHA-256 (hex).

    Where the publisher states no sum, the one found now is recorded beside the file and holds from then on.
    Raises EngineError: FETCH_FAILED (not permanent) when the network does not deliver or the disk is full,
    WEIGHTS_INVALID (permanent) when what came is not the published file. Neither leaves anything behind.
    """
    if urlsplit(entry.url).scheme != "https":
        raise EngineError(
            EngineErrorCode.WEIGHTS_INVALID,
            f"The weights “{entry.name}” have no https address: nothing to fetch.",
            permanent=True,
        )
    target = path_of(entry)
    target.parent.mkdir(parents=True, exist_ok=True)
    _check_room(entry, target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{entry.filename}-", suffix=".part", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            digest = _receive(entry, file, open_url=open_url, progress=progress)
            file.flush()
            os.fsync(file.fileno())
        if entry.sha256 is None:
            sidecar_of(target).write_text(f"{digest}  {entry.filename}\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target, digest


def _check_room(entry: WeightsFile, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < (entry.size or 0):
        raise EngineError(
            EngineErrorCode.FETCH_FAILED,
            f"“{entry.name}” needs {entry.size:,} bytes; {folder} has {free:,} free. Make room and retry.",
            permanent=False,
        )


def _receive(entry: WeightsFile, file: IO[bytes], *, open_url: OpenUrl, progress: Progress | None) -> str:
    """Stream the file; returns its sum after checking size and sum against the catalogue."""
    most = entry.size or LARGEST_BYTES
    digest = hashlib.sha256()
    received, missing = 0, 0
    try:
        with open_url(entry.url) as response:
            while chunk := response.read(CHUNK_BYTES):
                received += len(chunk)
                if received > most:
                    raise _not_it(entry, f"it is larger than {most:,} bytes")
                digest.update(chunk)
                file.write(chunk)
                if progress is not None:
                    progress(received, entry.size)
            missing = response.length or 0
    except (OSError, HTTPException) as error:
        raise EngineError(
            EngineErrorCode.FETCH_FAILED,
            f"“{entry.name}” could not be fetched from {urlsplit(entry.url).hostname}: {error}. "
            "Check the network and the disk, and try again.",
            permanent=False,
        ) from error
    if received == 0 or missing or received < (entry.size or 0):
        raise EngineError(
            EngineErrorCode.FETCH_FAILED,
            f"“{entry.name}” broke off after {received:,} bytes. Nothing was kept; try again.",
            permanent=False,
        )
    if entry.sha256 is not None and digest.hexdigest() != entry.sha256:
        raise _not_it(entry, "its SHA-256 is another one")
    return digest.hexdigest()


def _not_it(entry: WeightsFile, why: str) -> EngineError:
    return EngineError(
        EngineErrorCode.WEIGHTS_INVALID,
        f"What came for “{entry.name}” is not the published file: {why}. Nothing was kept.",
        permanent=True,
    )
