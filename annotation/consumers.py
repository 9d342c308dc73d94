"""WebSockets: parse → access → action → reply."""

from __future__ import annotations

from channels.generic.websocket import AsyncWebsocketConsumer


class ImageConsumer(AsyncWebsocketConsumer):
    """One browser tab in one image."""
