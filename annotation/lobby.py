"""The WebSocket of every page that is no image: one hears what concerns one, and on a project's page who is there.

It hears pings only, each of which is answered with what is unread: so a lost connection is noticed, and a lost word is
made good within a quarter of a minute."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from annotation import rooms, sockets
from annotation.database import in_database
from annotation.errors import AppError
from annotation.events import person_group, project_group
from annotation.limits import TokenBucket
from annotation.protocol import CLOSE_BAD_FRAME, CLOSE_NOT_SIGNED_IN, CLOSE_TOO_FAST, Ping, parse
from annotation.queries import OpenPage

logger = logging.getLogger(__name__)


class LobbyConsumer(AsyncWebsocketConsumer):
    """One browser tab that shows a project, or a page of one's own."""

    async def connect(self) -> None:
        project_id: UUID | None = self.scope["url_route"]["kwargs"].get("project_id")
        self.user = self.scope["user"]
        self.bucket = TokenBucket(rate=2, burst=10)
        self.groups_heard: list[str] = []
        await self.accept()
        if not self.user.is_authenticated:
            await self.close(CLOSE_NOT_SIGNED_IN)
            return
        self.page = OpenPage(self.scope["session"].session_key or "", self.user.pk, project_id)
        self.groups_heard = [person_group(self.user.pk), *([project_group(project_id)] if project_id else [])]
        sockets.watch(self, self.page)
        if await self._hear():
            await sockets.enter(self.page)

    async def disconnect(self, _code: int) -> None:
        sockets.forget(self)
        for group in self.groups_heard:
            await rooms.leave(group, self)
        if self.groups_heard:
            await sockets.leave(self.page)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.user.is_authenticated:
            return
        if not self.bucket.take():
            await self.close(CLOSE_TOO_FAST)
            return
        try:
            said = parse(text_data or "") if bytes_data is None else None
        except AppError:
            said = None
        if isinstance(said, Ping):
            await self._hear()
        else:
            await self.close(CLOSE_BAD_FRAME)

    async def _hear(self) -> bool:
        """Hear the groups (again, after trouble) and say what is unread; false, and closed, for whoever may not."""
        for group in self.groups_heard:
            await rooms.join(group, self)
        try:
            told = await in_database(sockets.unread, self.page, self.user)
        except AppError as error:
            await self.close(sockets.CLOSES[error.code])
            return False
        except (DatabaseError, InterfaceError) as error:
            logger.warning("What is unread could not be counted: %s", error)
            return True
        await self.send(text_data=told.model_dump_json())
        return True

    async def on_hint(self, event: dict[str, Any]) -> None:
        """Something is to be asked for: notifications, who is here."""
        await self.send(text_data=event["text"])
