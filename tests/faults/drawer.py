"""Somebody who draws over a bad connection: a program that keeps the image as a browser does, hears what others do,
notices gaps, and sends each operation with the same ids until it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import uuid
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from annotation.protocol import VERSION, Mask

PASSING = {"retry", "busy", "too_fast", "out_of_order"}
GAP_S = 0.3
ANSWER_S = 2.0


def square(top: int, left: int, side: int) -> Mask:
    """A filled one."""
    return Mask(top=top, left=left, height=side, width=side, counts=[0, side * side])


@dataclass
class Link:
    """How bad the connection is: the shares of frames that are lost on their way here and doubled on their way there,
    and the seconds that one may take."""

    lose: float = 0.0
    double: float = 0.0
    delay: float = 0.0


class Drawer:
    """One tab. ``cells`` is what it would show, by id."""

    def __init__(self, url: str, cookie: str, image_id: str, *, seed: int, link: Link | None = None) -> None:
        self.url, self.cookie, self.image_id = url, cookie, image_id
        self.random, self.link = random.Random(seed), link or Link()  # noqa: S311 - seeded
        self.client_id, self.seq = str(uuid.uuid4()), 0
        self.clock: int | None = None
        self.heard_of = 0
        self.cells: dict[str, dict[str, Any]] = {}
        self.held: dict[int, dict[str, Any]] = {}
        self.undoable: str | None = None
        self.redoable: str | None = None
        self.answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.sockets = 0
        self.reading = asyncio.Event()
        self.reading.set()
        self._ready = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._serving: asyncio.Task[None] | None = None

    # --- the connection -----------------------------------------------------------------------------------------

    async def open(self) -> None:
        self._serving = asyncio.create_task(self._serve())
        await asyncio.wait_for(self._ready.wait(), 60)

    async def close(self) -> None:
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)

    async def _serve(self) -> None:
        wait = 0.2
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with self._connect() as socket:
                    self.sockets += 1
                    self._socket, wait = socket, 0.2
                    await self.hello()
                    async for text in socket:
                        await self.reading.wait()
                        await self._hear(json.loads(text))
            self._socket = None
            self._ready.clear()
            await asyncio.sleep(self.random.random() * wait)
            wait = min(2 * wait, 4.0)

    def _connect(self) -> connect:
        address = f"{self.url.replace('http', 'ws', 1)}/ws/images/{self.image_id}/"
        options: dict[str, Any] = {"origin": self.url, "additional_headers": {"Cookie": self.cookie}}
        return connect(address, **options, proxy=None, compression=None, max_size=None, open_timeout=10)

    async def hello(self) -> None:
        await self.say({"type": "hello", "protocol": VERSION, "client_id": self.client_id, "clock": self.clock})

    async def say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, WebSocketException):
            if self._socket is not None:
                await self._socket.send(json.dumps(message))

    # --- what the server says -----------------------------------------------------------------------------------

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "welcome" and self.random.random() < self.link.lose:
            return
        await asyncio.sleep(self.random.random() * self.link.delay)
        kind = message["type"]
        if kind == "welcome":
            self._on_welcome(message)
        elif kind in {"patch", "news"}:
            for patch in message.get("patches", [message]):
                self.held[patch["clock"]] = patch
            self._settle(message["clock"])
        elif kind == "pong":
            self._settle(message["clock"])
        elif kind == "ack":
            self.undoable, self.redoable = message["undoable"], message["redoable"]
            self._answer(message["id"], message)
            self._settle(message["clock"])
        elif kind == "error" and message["push"]:
            self._answer(message["push"], message)

    def _on_welcome(self, welcome: dict[str, Any]) -> None:
        if welcome["snapshot"] is not None:
            self.cells = {cell["id"]: cell for cell in welcome["snapshot"]}
            self.clock, self.held = welcome["clock"], {}
        self.held |= {patch["clock"]: patch for patch in welcome["patches"]}
        self.undoable, self.redoable = welcome["undoable"], welcome["redoable"]
        self._settle(welcome["clock"])
        self._ready.set()

    def _answer(self, push_id: str, message: dict[str, Any]) -> None:
        waiting = self.answers.pop(push_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def _settle(self, heard_of: int) -> None:
        self.heard_of = max(self.heard_of, heard_of)
        while self.clock is not None and (patch := self.held.pop(self.clock + 1, None)):
            self.cells |= {cell["id"]: cell for cell in patch["cells"]}
            for cell_id in patch["removed"]:
                self.cells.pop(cell_id, None)
            self.clock = patch["clock"]
        self.held = {clock: patch for clock, patch in self.held.items() if clock > (self.clock or 0)}
        if self.clock is not None and self.clock < self.heard_of:
            asyncio.get_running_loop().call_later(GAP_S, self._mind_the_gap, self.clock)

    def _mind_the_gap(self, clock: int) -> None:
        if self.clock == clock < self.heard_of:
            self._asking = asyncio.create_task(self.hello())

    # --- what they do -------------------------------------------------------------------------------------------

    async def push(self, *changes: dict[str, Any], undo: str | None = None, seconds: float = 90) -> dict[str, Any]:
        """One operation, however long it takes; the final answer."""
        self.seq += 1
        push: dict[str, Any] = {"type": "push", "id": str(uuid.uuid4()), "client_id": self.client_id, "seq": self.seq}
        push |= {"changes": list(changes), "undo": undo}
        async with asyncio.timeout(seconds):
            while True:
                await self._ready.wait()
                answer = await self._try(push)
                if answer is not None and answer["type"] == "ack":
                    return answer
                if answer is not None:
                    assert answer["code"] in PASSING, answer
                    await asyncio.sleep(0.2)

    async def _try(self, push: dict[str, Any]) -> dict[str, Any] | None:
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.answers[push["id"]] = waiting
        for _ in range(2 if self.random.random() < self.link.double else 1):
            await self.say(push)
        try:
            return await asyncio.wait_for(waiting, ANSWER_S)
        except TimeoutError:
            return None

    async def create(self, mask: Mask) -> dict[str, Any]:
        change = {"change": "create", "id": str(uuid.uuid4()), "mask": mask.model_dump(), "class_id": None}
        return await self.push({**change, "provenance": {"source": "hand"}})

    async def catch_up(self, seconds: float = 30) -> None:
        """Until nothing is missing."""
        async with asyncio.timeout(seconds):
            while True:
                await self._ready.wait()
                await self.say({"type": "ping"})
                await asyncio.sleep(0.3)
                if self.clock == self.heard_of and not self.held:
                    return


def state_of(cells: dict[str, dict[str, Any]]) -> str:
    """All that there is to know of the cells, so that two who agree say the same."""
    return json.dumps(sorted(cells.values(), key=lambda cell: str(cell["id"])), sort_keys=True)
