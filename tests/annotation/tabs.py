"""A signed-in browser tab without a browser: one socket against the whole ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from asgiref.sync import sync_to_async  # noqa: TID251 - one thread for all, as pytest-django wants it
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client as HttpClient

from annotation.models import User
from annotation.protocol import SERVER, VERSION
from tests.factories import Tab, create, square
from webapp.asgi import application

CLIENT_ID = str(uuid.uuid4())
MESSAGES: dict[str, dict[str, Any]] = {
    "hello": {"type": "hello", "protocol": VERSION, "client_id": CLIENT_ID, "clock": None},
    "push": json.loads(Tab().push(create(square(5, 5))).model_dump_json()),
    "prompt": {"type": "prompt", "number": 1, "engine": "starter", "prompts": {"points": []}},
    "tune": {"type": "tune", "number": 1, "engine": "starter", "params": {"cell_probability": 0.5}},
    "prepare": {"type": "prepare", "engine": "starter"},
    "cancel": {"type": "cancel", "number": 1},
    "cursor": {"type": "cursor", "row": 1.0, "col": 2.0},
    "hold": {"type": "hold", "cells": [CLIENT_ID]},
    "ping": {"type": "ping"},
}
"""One of each kind that a page says."""


@contextlib.asynccontextmanager
async def opening(make: Callable[..., Any]) -> AsyncIterator[Any]:
    """What opens pages, made by ``make`` in the thread of the ORM; all are closed at the end."""
    opened: list[Any] = []

    async def open_one(*args: Any, **kwargs: Any) -> Any:
        page = await run(make, *args, **kwargs)
        opened.append(page)
        assert await page.open()
        return page

    yield open_one
    for page in opened:
        await page.socket.disconnect()


def run(function, *args: Any, **kwargs: Any):
    """The ORM from a test that is a coroutine."""
    return sync_to_async(function)(*args, **kwargs)


class Socket(ApplicationCommunicator):
    """One WebSocket against the whole ASGI application."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        super().__init__(application, scope)

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def send_to(self, *, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send_input({"type": "websocket.receive", "text": text_data, "bytes": bytes_data})

    async def receive_from(self) -> str:
        return str((await self.receive_output(5))["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(2)


class Page:
    """A signed-in browser tab with one socket."""

    def __init__(self, user: User | None, image_id: uuid.UUID, *, origin: str = "http://testserver") -> None:
        self.tab, self.image_id = Tab(), image_id
        self.gathered: list[Any] = []
        http = HttpClient()
        if user is not None:
            http.force_login(user)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in http.cookies.items())
        headers = [(b"origin", origin.encode()), (b"host", b"testserver"), (b"cookie", cookies.encode())]
        self.socket = Socket(f"/ws/images/{image_id}/", headers)
        self.session_key = http.cookies[settings.SESSION_COOKIE_NAME].value if user is not None else ""

    async def open(self) -> bool:
        return await self.socket.connect()

    async def say(self, message: dict[str, Any]) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def hear(self, *types: str) -> Any:
        """The next message of one of these types, checked against the contract."""
        async with asyncio.timeout(5):
            while True:
                while self.gathered:
                    told = self.gathered.pop(0)
                    if told.type in types:
                        return told
                message = SERVER.validate_json(await self.socket.receive_from())
                # What happened at once comes at once; tests look at it one by one.
                self.gathered = [*message.patches, *message.presence] if message.type == "news" else [message]

    async def hello(self, clock: int | None = None) -> Any:
        about = {"type": "hello", "protocol": VERSION, "client_id": str(self.tab.client_id), "clock": clock}
        await self.say(about)
        return await self.hear("welcome", "error")

    async def push(self, *changes: Any, undo: uuid.UUID | None = None) -> Any:
        await self.socket.send_to(text_data=self.tab.push(*changes, undo=undo).model_dump_json())
        return await self.hear("ack", "error")

    async def closed(self, *, within: float = 5) -> int:
        """The code with which the server closed, after whatever it still said."""
        async with asyncio.timeout(within):
            while True:
                output = await self.socket.receive_output(timeout=within)
                if output["type"] == "websocket.close":
                    return int(output["code"])
