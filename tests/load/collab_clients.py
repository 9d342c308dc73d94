"""People who draw together, for `make bench-collab`: a process of their own that reads what to do from its standard
input, and prints what it measured. One clock tells when an operation was sent, answered and seen by the others."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from annotation.protocol import VERSION, Mask
from inference import rle

SIDE, STEP = 2048, 24
"""Of the images, and of the squares of a grid in which each cell has one to itself."""
CURSORS_PER_SECOND = 5
DRAIN_S = 15


def disc(radius: int) -> np.ndarray:
    rows, cols = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return rows**2 + cols**2 <= radius**2


@dataclass
class Room:
    """An image. ``sent`` has the time of each operation; ``seen`` those that others did not lack."""

    image_id: str
    people: list[Person] = field(default_factory=list)
    sent: dict[str, float] = field(default_factory=dict)


@dataclass
class Measured:
    """Milliseconds, and what is missing."""

    acks: list[float] = field(default_factory=list)
    fans: list[float] = field(default_factory=list)
    sent: int = 0
    refused: int = 0
    answered: int = 0
    expected_fans: int = 0


class Person:
    """One tab. Draws a new cell, gives it another shape, draws the next."""

    def __init__(self, url: str, cookie: str, room: Room, *, number: int, measured: Measured) -> None:
        self.url, self.cookie, self.room, self.measured = url, cookie, room, measured
        self.client_id, self.seq = str(uuid.uuid4()), 0
        self.random = random.Random(number)  # noqa: S311 - seeded
        per_row = SIDE // STEP
        places = [(STEP * (at // per_row), STEP * (at % per_row)) for at in range(per_row * per_row)]
        position, people = len(room.people), 20
        self.places = iter(places[position::people])
        self.last: tuple[str, int, int] | None = None
        self.seen: set[str] = set()
        self.socket: ClientConnection | None = None

    async def open(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/ws/images/{self.room.image_id}/"
        headers = {"Cookie": self.cookie}
        self.socket = await connect(
            address, origin=self.url, additional_headers=headers, proxy=None, compression=None, max_size=None
        )  # type: ignore[arg-type, unused-ignore]
        await self.say({"type": "hello", "protocol": VERSION, "client_id": self.client_id, "clock": None})
        while json.loads(await self.socket.recv())["type"] != "welcome":
            pass

    async def say(self, message: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps(message))

    def _change(self) -> dict[str, Any]:
        if self.last is None:
            top, left = next(self.places)
            self.last = (str(uuid.uuid4()), top, left)
            mask = Mask.of(rle.encode(disc(8), top=top, left=left)).model_dump()
            made = {"change": "create", "id": self.last[0], "mask": mask, "class_id": None}
            return {**made, "provenance": {"source": "hand"}}
        cell_id, top, left = self.last
        self.last = None
        mask = Mask.of(rle.encode(disc(10), top=top, left=left)).model_dump()
        return {"change": "update", "id": cell_id, "base_version": 1, "mask": mask}

    async def draw(self, rate: float, until: float) -> None:
        """At ``rate`` operations a second, whether or not the last was answered."""
        due = time.perf_counter() + self.random.random() / rate
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.seq += 1
            push_id = str(uuid.uuid4())
            push = {"type": "push", "id": push_id, "client_id": self.client_id, "seq": self.seq}
            self.room.sent[push_id] = time.perf_counter()
            self.measured.sent += 1
            await self.say({**push, "changes": [self._change()]})
            due += 1 / rate

    async def point(self, until: float) -> None:
        """Move the pointer all the time."""
        while time.perf_counter() < until:
            await asyncio.sleep(self.random.uniform(0.5, 1.5) / CURSORS_PER_SECOND)
            await self.say({"type": "cursor", "row": self.random.random() * SIDE, "col": self.random.random() * SIDE})

    async def listen(self) -> None:
        assert self.socket is not None
        async for text in self.socket:
            now = time.perf_counter()
            message = json.loads(text)
            if message["type"] == "ack":
                self.measured.answered += 1
                self.measured.refused += message.get("outcome") == "discard"
                self.measured.acks.append(1000 * (now - self.room.sent[message["id"]]))
            else:
                patches = message["patches"] if message["type"] == "news" else [message]
                self._see([patch for patch in patches if patch["type"] == "patch"], now)

    def _see(self, patches: list[dict[str, Any]], now: float) -> None:
        for patch in patches:
            push_id = patch["operation"]
            if push_id not in self.seen:
                self.seen.add(push_id)
                self.measured.fans.append(1000 * (now - self.room.sent[push_id]))


async def settled(rooms: list[Room], measured: Measured) -> None:
    """Wait until everything has arrived, or does not any more."""
    end = time.perf_counter() + DRAIN_S
    while time.perf_counter() < end:
        await asyncio.sleep(0.25)
        whole = all(len(person.seen) == len(room.sent) for room in rooms for person in room.people)
        if whole and measured.answered == measured.sent:
            return


async def run(job: dict[str, Any]) -> dict[str, Any]:
    measured = Measured()
    rooms = [Room(image_id) for image_id in job["images"]]
    for number in range(job["clients"]):
        room = rooms[number // job["room"]]
        cookie = job["cookies"][number % job["room"]]
        room.people.append(Person(job["url"], cookie, room, number=number, measured=measured))
    people = [person for room in rooms for person in room.people]
    for person in people:
        await person.open()
    listening = [asyncio.create_task(person.listen()) for person in people]
    until = time.perf_counter() + job["seconds"]
    moving = [person.point(until) for person in people] if job["cursors"] else []
    await asyncio.gather(*(person.draw(job["rate"], until) for person in people), *moving)
    await settled(rooms, measured)
    expected = sum(len(room.sent) * len(room.people) for room in rooms)
    arrived = sum(len(person.seen) for person in people)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    await asyncio.gather(*(person.socket.close() for person in people if person.socket))
    return {
        "acks": measured.acks, "fans": measured.fans, "sent": measured.sent, "answered": measured.answered,
        "refused": measured.refused, "lost_fans": expected - arrived,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.loads(sys.stdin.read())))))  # noqa: T201
