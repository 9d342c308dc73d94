"""Who may open a socket: pages of this very site (S1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host


def _header(scope: dict[str, Any], name: bytes) -> str | None:
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def is_own_origin(origin: str | None, *, host: str | None, scheme: str) -> bool:
    """Whether ``origin`` (the browser's header) is the page's own site or one from CYTOMARK_ORIGINS.

    ``host`` is the Host header, ``scheme`` the socket's (ws or wss). A missing or “null” origin is not ours.
    """
    if not origin or not host or not origin.isprintable():
        return False
    if origin in settings.ORIGINS:
        return True
    parts = urlsplit(origin)
    expected = "https" if scheme == "wss" or settings.HTTPS else "http"
    if parts.scheme != expected or parts.path or parts.query or parts.netloc != host:
        return False
    return validate_host(parts.hostname or "", settings.ALLOWED_HOSTS)


class OwnOriginOnly:
    """Refuses the handshake of every other site with HTTP 403."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        origin, host = _header(scope, b"origin"), _header(scope, b"host")
        if is_own_origin(origin, host=host, scheme=scope.get("scheme", "ws")):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)
