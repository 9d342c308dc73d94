"""Files as answers, in blocks, from a thread: a large one takes no memory and never holds up the event loop.

Django's FileResponse would be read whole into memory under ASGI.
"""

from __future__ import annotations

import asyncio
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


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK_BYTES):
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
    file.seek(skip)
    response = stream_blocks(_blocks(file), content_type)
    response["Content-Length"] = str(size - skip)
    return response


def cached(request: HttpRequest, make: Callable[[], HttpResponseBase], tag: str) -> HttpResponseBase:
    """Let this person's browser keep the answer for good: what ``tag`` names never changes. The answer is made only
    where the browser does not have it."""
    etag = f'"{tag}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponse(status=304) if etag in known else make()
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
