"""One ear per image: everybody hears, and nobody waits for somebody who is slow."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from channels.layers import get_channel_layer

from annotation import rooms
from annotation.events import image_group


class Ear:
    def __init__(self, *, slow: float = 0.0, broken: Exception | None = None) -> None:
        self.heard: list[int] = []
        self.slow, self.broken = slow, broken
        self.changed = asyncio.Event()

    async def dispatch(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(self.slow)
        if self.broken:
            raise self.broken
        self.heard.append(message["number"])
        self.changed.set()

    async def until(self, number: int) -> None:
        async with asyncio.timeout(5):
            while number not in self.heard:
                self.changed.clear()
                await self.changed.wait()


async def tell(group: str, *numbers: int) -> None:
    for number in numbers:
        await get_channel_layer().group_send(group, {"type": "on.news", "number": number})


async def test_everybody_hears_and_nobody_waits_for_the_slow_or_the_broken(monkeypatch: Any) -> None:
    monkeypatch.setattr(rooms, "MAX_WAITING", 2)
    room = image_group(uuid.uuid4())
    quick, slow, broken = Ear(), Ear(slow=0.1), Ear(broken=ConnectionError("gone"))
    for ear in (slow, broken, quick):
        await rooms.join(room, ear)
    await tell(room, 1, 2, 3, 4, 5, 6)
    await quick.until(6)
    assert (quick.heard, slow.heard) == ([1, 2, 3, 4, 5, 6], [])
    await slow.until(3)
    assert slow.heard == [1, 2, 3], "what came meanwhile is left out: the clock tells it"
    for ear in (slow, broken, quick):
        await rooms.leave(room, ear)
    assert room not in rooms._rooms


async def test_images_are_apart_and_who_left_hears_nothing() -> None:
    one, other = image_group(uuid.uuid4()), image_group(uuid.uuid4())
    ann, bo = Ear(), Ear()
    await rooms.join(one, ann)
    await rooms.join(one, bo)
    await rooms.join(other, bo)
    await rooms.leave(one, bo)
    await tell(one, 1)
    await tell(other, 2)
    await ann.until(1)
    await bo.until(2)
    assert (ann.heard, bo.heard) == ([1], [2])
    await rooms.leave(one, ann)
    await rooms.leave(other, bo)


async def test_r8_joining_while_the_layer_is_away_is_mended_by_joining_again(monkeypatch: Any) -> None:
    room, ann = image_group(uuid.uuid4()), Ear()
    layer = type(get_channel_layer()._get_layer())
    with monkeypatch.context() as away:

        async def fails(*_: Any) -> None:
            raise ConnectionError("gone")

        away.setattr(layer, "group_add", fails)
        await rooms.join(room, ann)
    await rooms.join(room, ann)
    await tell(room, 1)
    await ann.until(1)
    await rooms.leave(room, ann)
