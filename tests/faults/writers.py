"""Many people write to one project at once, while it is exported and its classes change."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from typing import Any

from annotation.protocol import Mask
from tests.faults.drawer import Drawer
from tests.faults.ground import Ground
from tests.faults.scenarios import places


async def timed(drawer: Drawer, masks: list[Mask], *, rate: float, first_s: float, until_s: float) -> list[float]:
    """New cells at so many a second, the first after so long, as people do not move in step; the milliseconds until
    each was answered."""
    found = []
    await asyncio.sleep(first_s / rate)
    for mask in itertools.takewhile(lambda _: time.monotonic() < until_s, masks):
        start = time.monotonic()
        answer = await drawer.create(mask)
        assert answer["outcome"] == "commit", answer
        found.append(1000 * (time.monotonic() - start))
        await asyncio.sleep(max(0.0, 1 / rate - (time.monotonic() - start)))
    return found


async def disturb(ground: Ground, until_s: float) -> int:
    """Exports and changes of a class, one after another; how many."""
    owner, done = ground.people[0], 0
    path = f"/api/projects/{ground.project}/classes"
    while time.monotonic() < until_s:
        made = await asyncio.to_thread(owner.post, path, name=f"Passing {done}")
        await asyncio.to_thread(owner._open, "DELETE", f"{path}/{made['id']}", body=None, kind="application/json")
        if done % 10 == 0:
            await asyncio.to_thread(owner.post, f"/api/projects/{ground.project}/exports", format="coco")
        done += 1
        await asyncio.sleep(0.5)
    return done


async def r26_hot_rows(ground: Ground, size: Any, seed: int) -> str:
    """R26: forty people write to one project while it is exported and its classes change: no deadlock, no refusal."""
    each = size.people // 4
    async with contextlib.AsyncExitStack() as stack:
        drawers: list[Drawer] = []
        for number, image in enumerate(ground.images[:4]):
            ground.image_id = image
            drawers += await stack.enter_async_context(ground.drawers(each, seed=seed + number))
        end = time.monotonic() + size.seconds
        work = [
            timed(drawer, places(drawer, at % each, each), rate=size.rate, first_s=at / len(drawers), until_s=end)
            for at, drawer in enumerate(drawers)
        ]
        *answers, disturbed = await asyncio.gather(*work, disturb(ground, end))
        for at in range(0, len(drawers), each):
            ground.image_id = drawers[at].image_id
            await ground.agree(drawers[at : at + each])
    times = sorted(itertools.chain.from_iterable(answers))
    log = ground.app.log.read_text(errors="replace")
    assert "deadlock detected" not in log, "Postgres met a deadlock"
    slow = times[int(0.95 * len(times))]
    return (
        f"{len(times)} operations by {len(drawers)} people during {disturbed} changes of classes; "
        f"answer median {statistics.median(times):.0f} ms, p95 {slow:.0f} ms (aim of 14: 150 ms)"
    )
