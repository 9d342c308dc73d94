"""Files as answers, in blocks, from a thread: a large one takes no memory and never holds up the event loop.

Django's FileResponse would be read whole into memory under ASGI.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from annotation.errors import not_found


def binary(*types: str) -> dict[str, Any]:
    """What OpenAPI says of an operation that answers with bytes of one of these types."""
    return {"responses": {200: {"content": {one: {"schema": {"type": "string", "format": "binary"}} for one in types}}}}


BLOCK_BYTES = 512 * 1024


_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def _blocks(file: BinaryIO, count: int) -> Iterator[bytes]:
    """The next ``count`` bytes."""
    with file:
        while block := file.read(min(BLOCK_BYTES, count)):
            count -= len(block)
            yield block


async def _in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        yield block


def stream_blocks(blocks: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """What the iterator gives, each block from a thread."""
    return StreamingHttpResponse(_in_threads(blocks), content_type=content_type)


def stream_file(path: Path, content_type: str, *, skip: int = 0) -> StreamingHttpResponse:
    """The file from byte ``skip`` on. Raises AppError NOT_FOUND where it is not there."""
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except FileNotFoundError as error:
        raise not_found("file") from error
    return _stream(file, content_type, skip=skip, count=size - skip)


def _stream(file: BinaryIO, content_type: str, *, skip: int, count: int) -> StreamingHttpResponse:
    file.seek(skip)
    response = stream_blocks(_blocks(file, count), content_type)
    response["Content-Length"] = str(count)
    return response


def never_run(response: HttpResponseBase) -> HttpResponseBase:
    """Nothing of what a person sent is ever run by a browser (S16)."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def stream_resumable(request: HttpRequest, path: Path, content_type: str, *, tag: str) -> HttpResponseBase:
    """The file, or the part of it that the browser still lacks; what ``tag`` names never changes. One range at a time,
    as browsers and curl ask for. Source: RFC 9110, section 14."""
    size, etag = path.stat().st_size, f'"{tag}"'
    part = _wanted(request, size, etag)
    if part == (size, size):
        response: HttpResponseBase = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        start, end = part or (0, size)
        response = _stream(path.open("rb"), content_type, skip=start, count=end - start)
        if part:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response


def _wanted(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; both the size where there is nothing there; None for the whole file."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or not (asked[1] or asked[2]) or request.headers.get("If-Range", etag) != etag:
        return None
    if not asked[1]:
        return max(0, size - int(asked[2])), size
    start, end = int(asked[1]), min(int(asked[2]) + 1 if asked[2] else size, size)
    return (size, size) if start >= end else (start, end)


def cached(request: HttpRequest, make: Callable[[], HttpResponseBase], tag: str) -> HttpResponseBase:
    """Let this person's browser keep the answer for good: what ``tag`` names never changes. The answer is made only
    where the browser does not have it."""
    etag = f'"{tag}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponse(status=304) if etag in known else make()
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
