"""What happens in an image, gathered: the first at once, what follows within 40 milliseconds as one broadcast.

Twenty people who draw and point cause hundreds of messages a second, and each would go to each of them. Operations are
all told, in order; of pointers only the newest place of each, less often, and none while the channel layer is slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

GATHER_S = 0.04
POINTERS_EVERY = 2
"""Pointers go along with every second broadcast: twelve times a second."""
MAX_BROADCAST = 512 * 1024
"""Characters. Operations beyond it are not sent along: clients see the clock and ask for them."""

Send = Callable[[UUID, str], Awaitable[None]]


@dataclass(slots=True)
class _Room:
    """What waits to be told of one image: operations in order, and each tab's presence."""

    clock: int = 0
    patches: list[str] = field(default_factory=list)
    presence: dict[tuple[UUID, str], str] = field(default_factory=dict)


class News:
    """Belongs to one event loop, in which all of it is called."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._rooms: dict[UUID, _Room] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add_patch(self, image_id: UUID, text: str, *, clock: int) -> None:
        """An operation was committed."""
        room = self._room(image_id)
        room.patches.append(text)
        room.clock = max(room.clock, clock)

    def add_presence(self, image_id: UUID, client_id: UUID, event: str, text: str) -> None:
        """A tab's pointer moved, it holds cells, or it left: of each only the newest is told."""
        presence = self._room(image_id).presence
        if event == "left":
            for key in [key for key in presence if key[0] == client_id]:
                del presence[key]
        presence[client_id, event] = text

    def _room(self, image_id: UUID) -> _Room:
        room = self._rooms.get(image_id)
        if room is None:
            room = self._rooms[image_id] = _Room()
            task = asyncio.get_running_loop().create_task(self._tell(image_id, room))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return room

    async def _tell(self, image_id: UUID, room: _Room) -> None:
        """One broadcast after another, until there is nothing more to tell."""
        turn = 0
        while room.patches or room.presence:
            text = _take(room, with_presence=turn % POINTERS_EVERY == 0)
            turn += 1
            if text:
                await self._send(image_id, text)
            await asyncio.sleep(GATHER_S)
        del self._rooms[image_id]


def _take(room: _Room, *, with_presence: bool) -> str:
    """What waits, taken out, as one message; empty where there is nothing to say yet."""
    patches, room.patches = room.patches, []
    presence: list[str] = []
    if with_presence:
        presence, room.presence = list(room.presence.values()), {}
    fitting: list[str] = []
    for text in patches:
        if sum(map(len, fitting)) + len(text) > MAX_BROADCAST:
            break
        fitting.append(text)
    if len(patches) + len(presence) == 1 and len(fitting) == len(patches):
        return (fitting or presence)[0]
    if not patches and not presence:
        return ""
    told = f'"patches":[{",".join(fitting)}],"presence":[{",".join(presence)}]'
    return f'{{"type":"news","clock":{room.clock},{told}}}'
