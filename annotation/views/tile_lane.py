"""Tiles on a short way: for a signed-in page, past the machinery that other requests need. Nobody looks at hundreds of
anything else in a moment.

Who may see an image is looked up at most once in KEPT_SECONDS for each session and image, so that what is taken away is
gone within that time (S3). Whatever is not plain (no session, a token, another coding than zstd, a refusal) goes on to
the ordinary view, which answers the same with the same headers.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from annotation.database import in_database
from annotation.errors import AppError
from annotation.imaging.packing import access_chunk, choose_coding, read_chunk
from annotation.models import Image, User
from annotation.permissions import Action, access_image

KEPT_SECONDS = 1.0
MOST_KEPT = 2000
Scope = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]
_PATH = re.compile(r"/api/images/([0-9a-f-]{36})/tiles/(\d{1,2})/(\d{1,7})/(\d{1,5})/(\d{1,7})/(\d{1,5})/(\d{1,5})")
_FIXED = (
    (b"content-type", b"application/octet-stream"),
    (b"content-encoding", b"zstd"),
    (b"vary", b"Accept-Encoding, Cookie"),
    (b"cache-control", b"private, max-age=31536000, immutable"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


class TileLane:
    """An ASGI application around the one that answers everything else."""

    def __init__(self, http: App) -> None:
        self._http = http
        self._kept: OrderedDict[tuple[str, str], tuple[float, asyncio.Task[Image | None]]] = OrderedDict()

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """A tile where it is one, else whatever the other application says."""
        asked = _asked(scope)
        image = await self._image(asked[0], asked[1]) if asked else None
        if asked is None or image is None:
            await self._http(scope, receive, send)
            return
        level, t, c, z, row, col = place = asked[2]
        etag = f'"{image.pixels_sha256}.{level}.{t}.{c}.{z}.{row}.{col}.zstd"'
        known = asked[3].get(b"if-none-match", b"").decode("latin-1")
        try:
            path = access_chunk(image, place)
            body = b"" if etag in known else await asyncio.to_thread(read_chunk, path)
        except AppError:
            await self._http(scope, receive, send)
            return
        status = 304 if etag in known else 200
        strict = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload".encode()
        secure = [(b"strict-transport-security", strict)] if settings.HTTPS else []
        headers = [*_FIXED, *secure, (b"etag", etag.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _image(self, session_key: str, image_id: str) -> Image | None:
        """The image, if the session may see it; those who ask at once wait for the same answer."""
        key, now = (session_key, image_id), time.monotonic()
        at, task = self._kept.get(key, (0.0, None))
        if task is None or now - at > KEPT_SECONDS:
            task = asyncio.ensure_future(_access(session_key, UUID(image_id)))
            self._kept[key] = now, task
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return await asyncio.shield(task)


async def _access(session_key: str, image_id: UUID) -> Image | None:
    try:
        return await in_database(_image_of, session_key, image_id)
    except (DatabaseError, InterfaceError):
        return None


def _image_of(session_key: str, image_id: UUID) -> Image | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    try:
        return access_image(user, image_id, Action.VIEW)[0]
    except AppError:
        return None


def _asked(scope: Scope) -> tuple[str, str, tuple[int, int, int, int, int, int], dict[bytes, bytes]] | None:
    """Session, image, place of the tile and the request's headers; None for whatever is not plain."""
    found = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
    if found is None:
        return None
    headers = dict(scope["headers"])
    # What came without HTTPS is sent there by the ordinary way.
    if settings.HTTPS and headers.get(b"x-forwarded-proto") != b"https":
        return None
    host = split_domain_port(headers.get(b"host", b"").decode("latin-1"))[0]
    if b"authorization" in headers or not validate_host(host, settings.ALLOWED_HOSTS):
        return None
    if choose_coding(headers.get(b"accept-encoding", b"").decode("latin-1")) != "zstd":
        return None
    try:
        cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
        UUID(found[1])
    except (CookieError, ValueError):
        return None
    level, t, c, z, row, col = (int(number) for number in found.groups()[1:])
    return None if cookie is None else (cookie.value, found[1], (level, t, c, z, row, col), headers)
