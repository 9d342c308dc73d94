"""WebSockets: parse → access → action or query → reply. Permission is read from the database for every message (S3); a
database or broker that is away for a moment closes nothing (R8)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError, OperationalError

from annotation import rooms, sockets
from annotation.database import in_database
from annotation.errors import AppError, ErrorCode
from annotation.events import image_group, person_group, send_presence
from annotation.limits import TokenBucket
from annotation.presence import member_of
from annotation.protocol import (
    CLOSE_BAD_FRAME,
    CLOSE_NOT_SIGNED_IN,
    CLOSE_TOO_FAST,
    VERSION,
    AnyClientMessage,
    Cancel,
    Cursor,
    Hello,
    Hold,
    JobUpdate,
    Member,
    Message,
    Prepare,
    Presence,
    Prompt,
    Push,
    Refusal,
    Tune,
    parse,
)
from annotation.queries import OpenSocket

logger = logging.getLogger(__name__)

MESSAGES_PER_SECOND, MESSAGES_BURST = 40, 80
CURSORS_PER_SECOND = 15
PREPARING_S = 60
"""An image is not asked to be prepared again for this long, unless that has ended."""


class ImageConsumer(AsyncWebsocketConsumer):
    """One browser tab in one image."""

    async def connect(self) -> None:
        self.image_id: UUID = self.scope["url_route"]["kwargs"]["image_id"]
        self.user = self.scope["user"]
        self.bucket = TokenBucket(rate=MESSAGES_PER_SECOND, burst=MESSAGES_BURST)
        self.cursors = TokenBucket(rate=CURSORS_PER_SECOND, burst=CURSORS_PER_SECOND)
        self.member: Member | None = None
        self.asked: Prompt | Tune | None = None
        self.holder = uuid4()
        self.holds = False
        self.preparing: dict[tuple[str, int, int], float] = {}
        # A refusal before accept() reaches the browser without a code; so: accept, say why, close.
        await self.accept()
        if not self.user.is_authenticated:
            await self.close(CLOSE_NOT_SIGNED_IN)
            return
        self.socket = OpenSocket(self.scope["session"].session_key or "", self.user.pk, self.image_id)
        sockets.watch(self, self.socket)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but without a look for stale database connections in a thread that has none (ours are
        in database.py): it cost every message half a millisecond."""
        await getattr(self, get_handler_name(message))(message)

    async def disconnect(self, _code: int) -> None:
        sockets.forget(self)
        await self._unhear()
        if self.holds:
            await sockets.let_go(self.holder)
        if self.member is not None:
            send_presence(self.image_id, Presence(type="presence", event="left", member=self.member))
            await sockets.leave(self.socket)

    async def _unhear(self) -> None:
        await rooms.leave(image_group(self.image_id), self)
        if self.user.is_authenticated:
            await rooms.leave(person_group(self.user.pk), self)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Nothing is heard any more from here on, whenever the browser closes its end."""
        await self._unhear()
        await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.user.is_authenticated:
            return
        if text_data is None or bytes_data is not None:
            await self.close(CLOSE_BAD_FRAME)
        elif not self.bucket.take():
            await self.close(CLOSE_TOO_FAST)
        else:
            await self._answer(text_data)

    async def _answer(self, text: str) -> None:
        try:
            message = parse(text)
        except AppError as error:
            await self._refuse(error.code, error.message)
            await self.close(CLOSE_BAD_FRAME)
            return
        try:
            await self._dispatch(message)
        except AppError as error:
            await self._refuse(error.code, error.message, message)
            if error.code in sockets.CLOSES:
                await self.close(sockets.CLOSES[error.code])
        except (OperationalError, InterfaceError, DatabaseError) as error:
            # Nothing is known to be wrong with the message: the client keeps it and tries again (R4).
            logger.warning("The database did not answer: %s", error)
            await self._refuse(ErrorCode.RETRY, "The database is away for a moment. It will be tried again.", message)
        except Exception:
            logger.exception("A message could not be handled")
            await self._refuse(ErrorCode.INTERNAL, "Something went wrong on the server; it is in the log.", message)

    async def _dispatch(self, message: AnyClientMessage) -> None:
        if isinstance(message, Hello):
            await self._on_hello(message)
        elif isinstance(message, Push):
            await self.say(await in_database(sockets.push, self.socket, self.user, message))
        elif isinstance(message, Prompt | Tune):
            await self._on_ask(message)
        elif isinstance(message, Prepare):
            await self._prepare(message)
        elif isinstance(message, Cancel):
            await self._on_cancel(message)
        elif isinstance(message, Cursor):
            await self._on_cursor(message)
        elif isinstance(message, Hold):
            await self._on_hold(message)
        else:
            await self.say(await in_database(sockets.pong, self.socket, self.user))

    # --- what clients say -------------------------------------------------------------------------------------

    async def _on_hello(self, hello: Hello) -> None:
        if hello.protocol != VERSION:
            raise AppError(ErrorCode.CLIENT_TOO_OLD, "Cytomark was updated. Reload the page; nothing is lost.")
        # First join, then read: what is committed in between is heard twice rather than not at all.
        await rooms.join(image_group(self.image_id), self)
        await rooms.join(person_group(self.user.pk), self)
        told = await in_database(sockets.welcome, self.socket, self.user, hello)
        # Twenty thousand cells are megabytes of text: nobody else waits for them to be written and packed.
        await self.send(**await asyncio.to_thread(sockets.frame_of, told, unpacks=hello.unpacks))
        self.socket = replace(self.socket, role=told.role)
        sockets.watch(self, self.socket)
        for update in await in_database(sockets.open_runs, self.socket):
            await self.say(update)
        if self.member is None:
            self.member = member_of(self.user, hello.client_id)
            await self._say_hello_to_others(self.member)
            await sockets.enter(self.socket)
            await self.say(await in_database(sockets.count_unread, self.user))

    async def _on_ask(self, message: Prompt | Tune) -> None:
        if self.asked is not None and message.number < self.asked.number:
            return
        self.asked = message
        await in_database(sockets.ask, self.socket, self.user, self.channel_name, message)

    async def _prepare(self, wanted: Prepare, *, missing: bool = False) -> None:
        # An embedding may take half a minute: a click that is repeated meanwhile must not have it made twice.
        now = time.monotonic()
        key = (wanted.engine, wanted.t, wanted.z)
        if now - self.preparing.get(key, -PREPARING_S) < PREPARING_S:
            await in_database(sockets.check, self.socket, self.user)
            return
        await in_database(sockets.embed, self.socket, self.user, wanted)
        self.preparing[key] = now
        if missing:
            queued = {**wanted.model_dump(), "type": "job", "job": None, "kind": "embed"}
            await self.say(JobUpdate.model_validate({**queued, "state": "queued", "progress": 0}))

    async def _on_cancel(self, cancel: Cancel) -> None:
        if self.asked is not None and self.asked.number <= cancel.number:
            self.asked = None
        await in_database(sockets.cancel, self.socket, self.user, self.channel_name, cancel)

    async def _on_cursor(self, cursor: Cursor) -> None:
        if not self.cursors.take():
            return
        if self.member is None:
            await in_database(sockets.check, self.socket, self.user)
            return
        # Whoever may no longer look is found by the watch: a question to the database for each move would cost more
        # than drawing does.
        where = cursor.model_dump(exclude={"type"})
        send_presence(self.image_id, Presence(type="presence", event="moved", member=self.member, **where))

    async def _on_hold(self, hold: Hold) -> None:
        self.holds = self.holds or bool(hold.cells)
        got = await in_database(sockets.hold, self.socket, self.user, hold, self.holder)
        if self.member is not None:
            held = Presence(type="presence", event="holds", member=self.member, cells=got, take=hold.take)
            send_presence(self.image_id, held)

    # --- what the channel layer says --------------------------------------------------------------------------

    async def on_news(self, event: dict[str, Any]) -> None:
        """Operations were committed, pointers moved, people left."""
        await self.send(text_data=event["text"])

    async def on_presence(self, event: dict[str, Any]) -> None:
        """Somebody is here; who just came is told that we are here."""
        if event["channel"] == self.channel_name or self.member is None:
            return
        await self.send(text_data=event["text"])
        if event["answer"]:
            here = Presence(type="presence", event="here", member=self.member).model_dump_json()
            back = {"type": "on.presence", "channel": self.channel_name, "text": here, "answer": False}
            await self._quietly(self.channel_layer.send(event["channel"], back))

    async def on_job(self, event: dict[str, Any]) -> None:
        """Background work of this image; a click that waited for an embedding is asked again, or told why not."""
        await self.send(text_data=event["text"])
        update = JobUpdate.model_validate_json(event["text"])
        if update.kind != "embed" or update.state not in {"done", "failed"}:
            return
        ready = (update.engine, update.t, update.z)
        self.preparing.pop(ready, None)
        waiting = self.asked
        if waiting is None or (waiting.engine, waiting.t, waiting.z) != ready:
            return
        if update.state == "done":
            await self._again(self._on_ask(waiting), waiting)
        else:
            self.asked = None
            await self._refuse(ErrorCode.ENGINE, update.message, waiting)

    async def on_hint(self, event: dict[str, Any]) -> None:
        """Something is to be asked for: regions, comments, notifications."""
        await self.send(text_data=event["text"])

    async def on_answer(self, event: dict[str, Any]) -> None:
        """A preview or a part of a proposal, unless a newer one has been asked for since."""
        if self.asked is None or event["number"] != self.asked.number:
            return
        if event["last"]:
            self.asked = None
        await self.send(text_data=event["text"])

    async def on_not_ready(self, event: dict[str, Any]) -> None:
        """What was asked for waits until the image is prepared for the engine."""
        waiting = self.asked
        if waiting is not None and event["number"] == waiting.number:
            wanted = Prepare(type="prepare", engine=waiting.engine, t=waiting.t, z=waiting.z)
            await self._again(self._prepare(wanted, missing=True), waiting)

    async def _again(self, doing: Coroutine[Any, Any, None], message: Prompt | Tune) -> None:
        """Go on with something that was asked earlier: refusals are answered, not raised into the channel layer."""
        try:
            await doing
        except AppError as error:
            self.asked = None
            await self._refuse(error.code, error.message, message)
            if error.code in sockets.CLOSES:
                await self.close(sockets.CLOSES[error.code])
        except DatabaseError as error:
            logger.warning("The database did not answer: %s", error)
            await self._refuse(ErrorCode.RETRY, "The database was away for a moment. Click again.", message)

    async def on_recheck(self, _event: dict[str, Any]) -> None:
        """Somebody's role has changed: is it ours?"""
        await sockets.check_all()

    # --- saying -----------------------------------------------------------------------------------------------

    async def say(self, message: Message) -> None:
        await self.send(text_data=message.model_dump_json())

    async def _refuse(self, code: ErrorCode, text: str, message: object = None) -> None:
        number = message.number if isinstance(message, Prompt | Tune) else None
        push = message.id if isinstance(message, Push) else None
        await self.say(Refusal(type="error", code=code, message=text, number=number, push=push))

    async def _say_hello_to_others(self, member: Member) -> None:
        told = Presence(type="presence", event="here", member=member)
        hint = {"type": "on.presence", "channel": self.channel_name, "text": told.model_dump_json(), "answer": True}
        await self._quietly(self.channel_layer.group_send(image_group(self.image_id), hint))

    async def _quietly(self, sending: Any) -> None:
        try:
            await asyncio.wait_for(sending, rooms.WAIT_S)
        except rooms.AWAY as error:
            logger.warning("The channel layer is away, clients will catch up: %s", error)
