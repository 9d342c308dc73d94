"""Who in this process hears what is told to which group: everybody in an image, all pages of a person, everybody on a
project's pages. One ear per group hears it and hands it to each of them: were each socket in the group itself, every
word would be unpacked, queued and woken up for once for each.

Somebody who reads too slowly makes nobody wait: what happens meanwhile is left out for them, and they notice by the
image's clock (R7).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY = (RedisError, OSError, TimeoutError)
"""What a channel layer that does not answer raises."""


class Listener(Protocol):
    """A socket."""

    async def dispatch(self, message: dict[str, Any]) -> None: ...


WAIT_S = 1.0
MAX_WAITING = 32
"""So many words may wait for a slow reader; of more, those that the clock tells are left out."""


class _Outbox:
    """What one socket is still to be told, in order."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._waiting: deque[dict[str, Any]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, message: dict[str, Any]) -> None:
        if len(self._waiting) >= MAX_WAITING and message["type"] == "on.news":
            return
        self._waiting.append(message)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while self._waiting:
            try:
                await self._listener.dispatch(self._waiting.popleft())
            except OSError:
                # The browser has gone; its consumer is told so by itself.
                logger.debug("A socket was closed while it was told something")
            except Exception:
                logger.exception("A socket could not be told something")


@dataclass(slots=True)
class _Room:
    channel: str
    listeners: dict[Listener, _Outbox] = field(default_factory=dict)
    ear: asyncio.Task[None] | None = None
    joined: bool = False


_rooms: dict[str, _Room] = {}


async def join(group: str, listener: Listener) -> None:
    """Have the socket hear what is told to the group from now on. Said again after trouble it mends the room."""
    layer = get_channel_layer()
    try:
        room = _rooms.get(group)
        if room is None:
            channel = await asyncio.wait_for(layer.new_channel(), WAIT_S)
            # Another may have come while this one waited.
            room = _rooms.setdefault(group, _Room(channel))
        room.listeners.setdefault(listener, _Outbox(listener))
        if room.ear is None or room.ear.done():
            room.ear, room.joined = asyncio.get_running_loop().create_task(_listen(group, room)), False
        # A layer that hangs must not keep the socket from saving; one that comes back subscribes again by itself.
        if not room.joined:
            await asyncio.wait_for(layer.group_add(group, room.channel), WAIT_S)
            room.joined = True
    except AWAY as error:
        logger.warning("The channel layer is away, clients will catch up: %s", error)


async def leave(group: str, listener: Listener) -> None:
    """It is closed."""
    room = _rooms.get(group)
    if room is None:
        return
    room.listeners.pop(listener, None)
    if room.listeners:
        return
    del _rooms[group]
    try:
        await asyncio.wait_for(get_channel_layer().group_discard(group, room.channel), WAIT_S)
    except AWAY as error:
        logger.warning("The channel layer is away: %s", error)
    if room.ear is not None:
        room.ear.cancel()


async def _listen(group: str, room: _Room) -> None:
    layer = get_channel_layer()
    while _rooms.get(group) is room:
        try:
            message = await layer.receive(room.channel)
        except AWAY as error:
            logger.warning("The channel layer is away, clients will catch up: %s", error)
            return
        for outbox in room.listeners.values():
            outbox.add(message)
        # Let them be told before the next word, so that only who is slow has many waiting.
        await asyncio.sleep(0)
