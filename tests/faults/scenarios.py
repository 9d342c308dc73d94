"""The fault scenarios, each named by the promises that it tests. All are bounded and seeded; a short form runs in the
test suite, the long form by `make faults`. Each answers with its figures in words, or raises."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
import uuid
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import redis

from annotation.protocol import Mask
from tests.faults.drawer import Drawer, Link, square
from tests.faults.ground import CLICK, IO, POSTGRES, VALKEY, WEB, Ground, Scenario, until
from tests.running import Person
from webapp.embedded.valkey import Valkey

SIDE = 480
MOST_KILLS = 12
"""Three for each part: `up` gives an application up whose parts die five times within two minutes."""


@dataclass(frozen=True)
class Size:
    """How much: people, operations a second and each, seconds, kills."""

    people: int
    rate: float
    seconds: float
    operations: int


def pixels_of(mask: Mask) -> list[tuple[int, int]]:
    """Rows and columns of its box."""
    rows, columns = range(mask.top, mask.top + mask.height), range(mask.left, mask.left + mask.width)
    return [(row, column) for row in rows for column in columns]


def places(drawer: Drawer, number: int, people: int) -> list[Mask]:
    """Room for small cells that do not touch, a share for each, beside the cells that this person sees."""
    every = [square(top, left, 3) for top in range(0, SIDE, 4) for left in range(0, SIDE, 4)]
    taken = {place for cell in drawer.cells.values() for place in pixels_of(Mask.model_validate(cell["mask"]))}
    return [mask for mask in every[number::people] if taken.isdisjoint(pixels_of(mask))]


async def draw(drawer: Drawer, masks: list[Mask], *, rate: float, until_s: float) -> list[dict[str, Any]]:
    """New cells at so many a second until the clock says stop; their answers."""
    answers: list[dict[str, Any]] = []
    for mask in masks:
        if time.monotonic() >= until_s:
            break
        start = time.monotonic()
        answers.append(await drawer.create(mask))
        await asyncio.sleep(max(0.0, 1 / rate - (time.monotonic() - start)))
    return answers


def kill(ground: Ground, words: tuple[str, ...], how: signal.Signals = signal.SIGKILL) -> int:
    """One of our own children; its id."""
    pid = min(ground.pids(words))
    os.kill(pid, how)
    return pid


async def r1_kills(ground: Ground, size: Size, seed: int) -> str:
    """R1: web, worker, broker and Postgres die at random while people draw: nothing acknowledged is lost or doubled."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    end, kills = time.monotonic() + size.seconds, 0
    async with ground.drawers(size.people, seed=seed) as drawers:
        work = [
            asyncio.create_task(draw(drawer, places(drawer, at, size.people), rate=size.rate, until_s=end))
            for at, drawer in enumerate(drawers)
        ]
        victims: list[tuple[str, ...]] = []
        while time.monotonic() < end - 3 and kills < MOST_KILLS:
            # Each once before any a second time.
            victims = victims or dice.sample((WEB, CLICK, VALKEY, POSTGRES), 4)
            await asyncio.sleep(dice.uniform(1.5, 3.5))
            if ground.pids(victims[-1]):
                kill(ground, victims.pop())
                kills += 1
        answers = [answer for done in await asyncio.gather(*work) for answer in done]
        await ground.agree(drawers)
        committed = [answer["id"] for answer in answers if answer["outcome"] == "commit"]
        assert len(committed) == len(answers), "an operation was refused"
        shown = set(drawers[0].cells)
        drawn = [cell["id"] for answer in answers for cell in answer["cells"]]
        assert set(drawn) <= shown, "an acknowledged cell is lost"
        assert len(drawn) == len(set(drawn)), "a cell is there twice"
    return f"{len(committed)} operations acknowledged through {kills} kills, 0 lost, 0 doubled"


async def r2_repeats(ground: Ground, size: Size, seed: int) -> str:
    """R2: a third of all frames is lost or doubled: each operation is done once."""
    link = Link(lose=0.3, double=0.3, delay=0.02)
    async with ground.drawers(size.people, seed=seed, link=link) as drawers:
        before = drawers[0].clock or 0
        each = size.operations // size.people

        async def work(at: int, drawer: Drawer) -> int:
            masks = places(drawer, at, size.people)
            return len([await drawer.create(mask) for mask in masks[:each]])

        done = sum(await asyncio.gather(*(work(at, drawer) for at, drawer in enumerate(drawers))))
        await ground.agree(drawers)
        logged = (drawers[0].clock or 0) - before
        assert logged == done, f"{done} operations made {logged} entries"
    return f"{done} operations over a link that loses 30 % and doubles 30 %: {logged} entries in the log"


def random_change(drawer: Drawer, dice: random.Random) -> dict[str, Any]:
    """Something somebody might do, often in the way of somebody else."""
    mask = square(dice.randrange(0, 60), dice.randrange(400, 470), dice.randrange(2, 12)).model_dump()
    hand = {"source": "hand"}
    kind = dice.randrange(8)
    if kind < 3 or not drawer.cells:
        return {"change": "create", "id": str(uuid.UUID(int=dice.getrandbits(128))), "mask": mask, "provenance": hand}
    cell = dice.choice(sorted(drawer.cells.values(), key=lambda one: str(one["id"])))
    base = {"id": cell["id"], "base_version": cell["version"]}
    if kind == 3:
        return {"change": "delete", **base}
    if kind == 4:
        return {"change": "update", **base, "class_id": None, "set_class": True}
    if kind == 5:
        return {"change": "update", **base, "locked": not cell["locked"]}
    return {"change": "update", **base, "mask": mask}


async def r6_fuzz(ground: Ground, size: Size, seed: int) -> str:
    """R5, R6, R28: four people do everything at random over bad links; all end with the same, and so does the log."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    counts = {"commit": 0, "discard": 0}

    async def work(drawer: Drawer) -> None:
        for _ in range(size.operations):
            choice = dice.random()
            if choice < 0.15 and drawer.undoable:
                answer = await drawer.push(undo=drawer.undoable)
            elif choice < 0.25 and drawer.redoable:
                answer = await drawer.push(undo=drawer.redoable)
            else:
                answer = await drawer.push(random_change(drawer, dice))
            assert answer["outcome"] == "commit" or (answer["code"] and answer["message"]), answer
            counts[answer["outcome"]] += 1

    link = Link(lose=0.1, double=0.1, delay=0.03)
    async with ground.drawers(4, seed=seed, link=link) as drawers:
        await asyncio.gather(*(work(drawer) for drawer in drawers))
        seconds = await ground.agree(drawers)
    return f"{counts['commit']} done, {counts['discard']} refused with a reason; all equal after {seconds:.1f} s"


async def r7_lost_hints(ground: Ground, size: Size, seed: int) -> str:
    """R7: a reader pauses, and the broker forgets everything: what was missed is noticed and fetched."""
    async with ground.drawers(3, seed=seed) as (reader, *others):
        reader.reading.clear()
        end = time.monotonic() + size.seconds
        work = [draw(drawer, places(drawer, at, 2), rate=10, until_s=end) for at, drawer in enumerate(others)]
        drawing = asyncio.gather(*work)
        await asyncio.sleep(size.seconds / 2)
        redis.Redis.from_url(Valkey(ground.app.data).url).flushdb()
        done = sum(len(answers) for answers in await drawing)
        reader.reading.set()
        seconds = await ground.agree([reader, *others], seconds=20)
    return f"{done} operations missed, equal after {seconds:.1f} s"


async def r8_services_away(ground: Ground, size: Size, seed: int) -> str:
    """R4, R8: the broker hangs, then Postgres dies: no socket is closed, operations go on, nothing is a conflict."""
    async with ground.drawers(size.people, seed=seed) as drawers:
        sockets = [drawer.sockets for drawer in drawers]
        broker = kill(ground, VALKEY, signal.SIGSTOP)
        try:
            end = time.monotonic() + size.seconds
            work = [
                draw(drawer, places(drawer, at, size.people), rate=3, until_s=end) for at, drawer in enumerate(drawers)
            ]
            during = sum(len(answers) for answers in await asyncio.gather(*work))
        finally:
            os.kill(broker, signal.SIGCONT)
        # The first ones may wait for the broker, all of them on a busy machine.
        assert during >= size.people * (size.seconds - 4) / 2, f"only {during} operations went on without the broker"
        kill(ground, POSTGRES)
        start = time.monotonic()
        answers = await asyncio.gather(
            *(drawer.create(places(drawer, at, size.people)[-1]) for at, drawer in enumerate(drawers))
        )
        resumed = time.monotonic() - start
        assert all(answer["outcome"] == "commit" for answer in answers), "a failure was called a conflict"
        assert [drawer.sockets for drawer in drawers] == sockets, "a socket was closed"
        await ground.agree(drawers)
    return f"{during} operations without the broker, 0 sockets closed; Postgres back after {resumed:.1f} s"


async def r11_restart(ground: Ground, size: Size, seed: int) -> str:
    """R11, R23: the web process dies under many sockets: everybody is back in time."""
    async with ground.drawers(size.people, seed=seed) as drawers:
        sockets = {drawer: drawer.sockets for drawer in drawers}
        kill(ground, WEB)
        seconds = await until(lambda: all(drawer.sockets > sockets[drawer] for drawer in drawers), seconds=45)
        answers = await asyncio.gather(*(drawers[at].create(places(drawers[at], at, 3)[0]) for at in range(3)))
        assert all(answer["outcome"] == "commit" for answer in answers)
        await ground.agree(drawers[:5])
    return f"{size.people} sockets back after {seconds:.1f} s"


def upload(person: Person, project: str, name: str, body: bytes) -> None:
    made = person.post(f"/api/projects/{project}/uploads", name=name, size=len(body))
    person.put(f"/api/uploads/{made['id']}?offset=0", body)


async def r16_queue_lost(ground: Ground, size: Size, seed: int) -> str:
    """R16: hundreds of jobs wait, and the broker forgets them and dies: all are done, none twice."""
    owner = ground.people[0]
    path = f"/api/projects/{ground.project}/images"
    before = len(owner.get(path))
    worker = kill(ground, IO, signal.SIGSTOP)
    try:
        for number in range(size.operations):
            pixels = np.full((8, 8), number % 251, np.uint8)
            pixels[0, 0] = number // 251 + seed
            ok, body = cv2.imencode(".png", pixels)
            assert ok
            await asyncio.to_thread(upload, owner, ground.project, f"waiting_{number}.png", body.tobytes())
        redis.Redis.from_url(Valkey(ground.app.data).url).flushdb()
        kill(ground, VALKEY)
    finally:
        os.kill(worker, signal.SIGCONT)
    seconds = await until(lambda: len(owner.get(path)) >= before + size.operations, seconds=400, every=2)
    await asyncio.sleep(5)
    names = [image["name"] for image in owner.get(path)]
    assert len(names) == len(set(names)) == before + size.operations, "a job was done twice"
    return f"{size.operations} jobs done {seconds:.0f} s after the broker forgot them and died"


SHORT: dict[Scenario, Size] = {
    r6_fuzz: Size(4, 0, 0, 15),
    r2_repeats: Size(6, 0, 0, 36),
    r7_lost_hints: Size(3, 0, 2, 0),
    r8_services_away: Size(4, 0, 8, 0),
    r1_kills: Size(6, 3, 14, 0),
}
