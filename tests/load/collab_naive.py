"""The plain way to draw together, for `make bench-collab` to compare with: one process, a thread for each message, one
insert in one transaction, then the answer, then one broadcast for each operation. It checks the membership and nothing
else: no versions, no pixels, no repeats, no undo."""

from __future__ import annotations

import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - after the apps are loaded
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.urls import path  # noqa: E402

from annotation.models import Image, Membership  # noqa: E402

TABLE = "CREATE TABLE naive_log (clock bigserial PRIMARY KEY, image uuid NOT NULL, body jsonb NOT NULL)"
# It waits five seconds for a message, which is when redis-py gives up by default.
CONFIG = {"hosts": [{"address": settings.REDIS_URL, "socket_timeout": 60}], "prefix": "naive", "capacity": 1000}
settings.CHANNEL_LAYERS["naive"] = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": CONFIG}


class NaiveConsumer(AsyncWebsocketConsumer):
    """Accept, insert, answer, broadcast."""

    channel_layer_alias = "naive"

    async def connect(self) -> None:
        self.image_id = self.scope["url_route"]["kwargs"]["image_id"]
        await self.channel_layer.group_add(self.image_id.hex, self.channel_name)
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = json.loads(text_data or "")
        if message["type"] == "hello":
            await self.send(text_data=json.dumps({"type": "welcome"}))
            return
        clock = await self._store(message)
        await self.send(text_data=json.dumps({"type": "ack", "id": message["id"], "clock": clock}))
        text = json.dumps({"type": "patch", "clock": clock, "operation": message["id"], "cells": message["changes"]})
        await self.channel_layer.group_send(self.image_id.hex, {"type": "patch", "text": text})

    async def patch(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])

    @database_sync_to_async
    def _store(self, message: dict[str, Any]) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            project_id = Image.objects.values_list("project_id", flat=True).get(pk=self.image_id)
            Membership.objects.get(user=self.scope["user"], project_id=project_id)
            row = "INSERT INTO naive_log (image, body) VALUES (%s, %s) RETURNING clock"
            cursor.execute(row, [self.image_id, json.dumps(message)])
            return int(cursor.fetchone()[0])


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/images/<uuid:image_id>/", NaiveConsumer.as_asgi())])),
    }
)
