"""Background work until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

from .errors import CytomarkError
from .records import Job, read
from .transport import Transport

SHORTEST_S, LONGEST_S = 0.2, 3.0
Item = TypeVar("Item")


def pauses() -> Iterator[None]:
    """Waits between looks, each a little longer than the last."""
    seconds = SHORTEST_S
    while True:
        yield
        time.sleep(seconds)
        seconds = min(seconds * 1.5, LONGEST_S)


def wait(transport: Transport, job: Job) -> Job:
    """The job once it has ended. Raises CytomarkError where it is not done then."""
    for _ in pauses():
        if job.ended:
            break
        job = read(Job, transport.get(f"/api/jobs/{job.id}"))
    if job.state != "done":
        raise CytomarkError("job_failed", job.message or f"The job was {job.state}.")
    return job


def run_all(
    transport: Transport, items: Iterable[Item], start: Callable[[Item], Job], *, at_once: int, bar: tqdm[None]
) -> list[Job]:
    """Start a job for each item, a few at once, and wait until all have ended; in the items' order."""
    waiting = list(enumerate(items))[::-1]
    running: dict[int, Job] = {}
    ended: dict[int, Job] = {}
    for _ in pauses():
        while waiting and len(running) < at_once:
            number, item = waiting.pop()
            running[number] = start(item)
        for number, job in list(running.items()):
            now = read(Job, transport.get(f"/api/jobs/{job.id}"))
            if now.ended:
                ended[number] = now
                del running[number]
                bar.update()
        if not waiting and not running:
            break
    return [ended[number] for number in sorted(ended)]
