"""Four scripted people in one image without a browser, over connections that lose, delay and double frames in simulated
time. Everything that is asked of the server is asked of its own code and a real database."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from annotation.actions import log
from annotation.actions.holds import do_hold
from annotation.actions.operations import do_push
from annotation.errors import AppError, ErrorCode
from annotation.models import Image, Role, User
from annotation.protocol import Ack, CellState, Patch, Push
from annotation.queries import get_catch_up

RESEND, HELLO_AGAIN, WINDOW = 40, 30, 3
"""Ticks after which somebody asks again; operations that may be on their way at once."""
STATE: TypeAdapter[CellState] = TypeAdapter(CellState)


@dataclass(frozen=True)
class Link:
    """Shares of frames that are lost and doubled, and the ticks that one may take."""

    lose: float = 0.0
    double: float = 0.0
    delay: int = 1


class Wire:
    """Frames on their way, by the tick at which they arrive. Later frames may overtake earlier ones."""

    def __init__(self, dice: random.Random, link: Link) -> None:
        self.dice, self.link, self.now = dice, link, 0
        self.due: dict[int, list[Callable[[], None]]] = {}

    def send(self, deliver: Callable[[], None]) -> None:
        copies = 2 if self.dice.random() < self.link.double else 1
        for _ in range(copies):
            if self.dice.random() >= self.link.lose:
                self.due.setdefault(self.now + self.dice.randint(1, self.link.delay), []).append(deliver)

    def tick(self) -> None:
        self.now += 1
        for deliver in self.due.pop(self.now, []):
            deliver()


class Server:
    """One image and whoever has it open."""

    def __init__(self, image: Image, wire: Wire) -> None:
        self.image, self.wire = image, wire
        self.people: list[Somebody] = []

    def push(self, somebody: Somebody, push: Push) -> None:
        try:
            ack: Ack | None = do_push(somebody.user, self.image.pk, push)
        except AppError as error:
            if error.code != ErrorCode.OUT_OF_ORDER:
                raise
            ack = None
        if ack is not None:
            self.wire.send(lambda: somebody.on_ack(ack))

    def broadcast(self, patch: Patch) -> None:
        for somebody in self.people:
            self.wire.send(lambda somebody=somebody: somebody.on_patch(patch))  # type: ignore[misc]

    def hello(self, somebody: Somebody, clock: int | None) -> None:
        found = get_catch_up(self.image.pk, client_id=somebody.client_id, clock=clock)
        self.wire.send(lambda: somebody.on_welcome(found))


@dataclass
class Somebody:
    """One tab: ``cells`` is what it would show."""

    user: User
    role: Role
    server: Server
    dice: random.Random
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    holder: uuid.UUID = field(default_factory=uuid.uuid4)
    cells: dict[uuid.UUID, CellState] = field(default_factory=dict)
    clock: int | None = None
    heard_of: int = 0
    held: dict[int, Patch] = field(default_factory=dict)
    seq: int = 0
    waiting: dict[int, Push] = field(default_factory=dict)
    asked_at: int = -10_000
    sent_at: int = 0
    undoable: uuid.UUID | None = None
    redoable: uuid.UUID | None = None
    counts: dict[str, int] = field(default_factory=dict)

    # --- what they hear -----------------------------------------------------------------------------------------

    def on_ack(self, ack: Ack) -> None:
        if self.waiting.pop(ack.seq, None) is None:
            return
        assert ack.outcome == "commit" or (ack.code and ack.message), "a refusal without a reason"
        word = "done" if ack.outcome == "commit" else str(ack.code)
        self.counts[word] = self.counts.get(word, 0) + 1
        self.undoable, self.redoable = ack.undoable, ack.redoable
        self.heard_of = max(self.heard_of, ack.clock)

    def on_patch(self, patch: Patch) -> None:
        self.held[patch.clock] = patch
        self._settle(patch.clock)

    def on_welcome(self, found: Any) -> None:
        if found.snapshot is not None and (self.clock is None or found.clock >= self.clock):
            self.cells = {cell.id: cell for cell in found.snapshot}
            self.clock = found.clock
        self.held |= {patch.clock: patch for patch in found.patches}
        self._settle(found.clock)

    def _settle(self, heard_of: int) -> None:
        self.heard_of = max(self.heard_of, heard_of)
        while self.clock is not None and (patch := self.held.pop(self.clock + 1, None)):
            self.cells |= {cell.id: cell for cell in patch.cells}
            for cell_id in patch.removed:
                self.cells.pop(cell_id, None)
            self.clock = patch.clock
        self.held = {clock: patch for clock, patch in self.held.items() if clock > (self.clock or 0)}

    # --- what they do -------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        return self.clock is not None and len(self.waiting) < WINDOW

    @property
    def settled(self) -> bool:
        return not self.waiting and self.clock == self.heard_of == self.server.image.clock

    def look_after(self) -> None:
        """Ask again for what was lost."""
        now, wire = self.server.wire.now, self.server.wire
        behind = self.clock is None or self.clock < self.heard_of
        if behind and now - self.asked_at > HELLO_AGAIN:
            self.asked_at, clock = now, self.clock
            wire.send(lambda: self.server.hello(self, clock))
        if self.waiting and now - self.sent_at > RESEND:
            self._send(*self.waiting.values())

    def _send(self, *pushes: Push) -> None:
        self.sent_at = self.server.wire.now
        for push in pushes:
            self.server.wire.send(lambda push=push: self.server.push(self, push))  # type: ignore[misc]

    def push(self, *changes: Any, undo: uuid.UUID | None = None, continues: uuid.UUID | None = None) -> Push:
        self.seq += 1
        push = Push(
            type="push", id=uuid.UUID(int=self.dice.getrandbits(128)), client_id=self.client_id, seq=self.seq,
            changes=list(changes), undo=undo, continues=continues,
        )  # fmt: skip
        self.waiting[self.seq] = push
        self._send(push)
        return push

    def hold(self, cells: list[uuid.UUID]) -> None:
        manages = self.role in {Role.OWNER, Role.MANAGER}
        take = manages and self.dice.random() < 0.5
        do_hold(self.server.image, self.user, cells, socket=self.holder, role=self.role, take=take)


def hash_of(cells: Any) -> str:
    """All that there is to know of the cells, so that two who agree say the same."""
    return json.dumps(sorted((STATE.dump_python(cell, mode="json") for cell in cells), key=lambda one: one["id"]))


def heard_by(server: Server) -> Iterator[None]:
    """Operations are told over the wire of the simulation instead of the channel layer: a context manager's body."""
    told, log.send_patch = log.send_patch, lambda _image_id, patch: server.broadcast(patch)
    try:
        yield
    finally:
        log.send_patch = told
