"""Background work whose workers die, whose tasks come twice, and that never lets its worker live."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psycopg2
from celery import Celery

from tests.faults.ground import IO, Ground, until
from webapp.embedded.postgres import Postgres
from webapp.embedded.valkey import Valkey
from webapp.redis_urls import broker_url

BATCH = ("celery", "-Q batch")
OVER = {"done", "failed", "cancelled"}


def job_of(ground: Ground, job: str) -> dict[str, Any]:
    return dict(ground.people[0].get(f"/api/jobs/{job}"))


async def strike(ground: Ground, words: tuple[str, ...], start: Callable[[], str], how: signal.Signals) -> str:
    """Start a job while its worker is held, and strike the worker before it can do any of it; the job's id."""
    worker = min(ground.pids(words))
    os.kill(worker, signal.SIGSTOP)
    job = await asyncio.to_thread(start)
    await asyncio.sleep(0.5)
    os.kill(worker, how)
    return job


async def r13_workers_killed(ground: Ground, size: Any, seed: int) -> str:
    """R13: a worker is killed with each kind of job in hand, or hangs: each job ends, once."""
    owner, image = ground.people[0], ground.image_id
    project = f"/api/projects/{ground.project}"
    whole: dict[str, Any] = {"name": f"Seed {seed}", "selection": {"states": []}}
    starts: list[tuple[str, tuple[str, ...], Callable[[], str], signal.Signals]] = [
        ("export", IO, lambda: str(owner.post(f"{project}/exports", format="coco")["id"]), signal.SIGKILL),
        ("snapshot", IO, lambda: str(owner.post(f"{project}/snapshots", **whole)["id"]), signal.SIGCONT),
        ("run", BATCH, lambda: str(owner.post(f"/api/images/{image}/runs", engine="starter")["id"]), signal.SIGKILL),
    ]  # fmt: skip
    said = []
    for name, words, start, how in starts:
        job = await strike(ground, words, start, how)
        begun = time.monotonic()
        await until(lambda job=job: job_of(ground, job)["state"] in OVER, seconds=150, every=1)  # type: ignore[misc]
        ended = job_of(ground, job)
        assert ended["state"] == "done", f"{name}: {ended['message']}"
        said.append(f"{name} {time.monotonic() - begun:.0f} s")
    runs = [one for one in owner.get(f"/api/images/{image}/history") if one["kind"] == "run"]
    assert len(runs) == 1, "a run was written twice"
    return f"done after the strike: {', '.join(said)}"


def running_attempt(connection: Any, job: str) -> int:
    """Which attempt at the job is under way, 0 where none is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT attempt FROM annotation_job WHERE id = %s AND state = 'running'", [job])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


async def r14_poison(ground: Ground, size: Any, seed: int) -> str:
    """R14: a job during which its worker dies each time is given up after three attempts, and others go on."""
    owner = ground.people[0]
    job = str(owner.post(f"/api/images/{ground.image_id}/runs", engine="starter", params={"min_area": 7})["id"])
    struck = deaths = 0
    with contextlib.closing(psycopg2.connect(Postgres(ground.app.data).url)) as connection:
        connection.autocommit = True
        while job_of(ground, job)["state"] not in OVER:
            attempt = running_attempt(connection, job)
            # A dead attempt looks as if it ran until its lease is over.
            if attempt > struck and ground.pids(BATCH):
                os.kill(min(ground.pids(BATCH)), signal.SIGKILL)
                struck, deaths = attempt, deaths + 1
            await asyncio.sleep(0.02)
            assert deaths <= 3, "it was tried a fourth time"
    ended = job_of(ground, job)
    other = str(owner.post(f"/api/projects/{ground.project}/exports", format="coco")["id"])
    await until(lambda: job_of(ground, other)["state"] == "done", seconds=60, every=0.5)
    if deaths == 3:
        assert ended["state"] == "failed", ended
        return f"given up after {deaths} deaths: “{ended['message']}”"
    assert ended["state"] == "done", ended
    return f"done after {deaths} deaths: an attempt was quicker than the strike"


async def r15_twice(ground: Ground, size: Any, seed: int) -> str:
    """R15: tasks are delivered three times: each has one effect."""
    owner = ground.people[0]
    celery = Celery(broker=broker_url(Valkey(ground.app.data).url))
    job = str(owner.post(f"/api/projects/{ground.project}/exports", format="label-tiff")["id"])
    for _ in range(2):
        celery.send_task("annotation.export_project", args=[job], queue="io")
    await until(lambda: job_of(ground, job)["state"] in OVER, seconds=90, every=0.5)
    first = owner.bytes(f"/api/exports/{job}/download")
    celery.send_task("annotation.export_project", args=[job], queue="io")
    other = str(owner.post(f"/api/projects/{ground.project}/exports", format="coco")["id"])
    await until(lambda: job_of(ground, other)["state"] == "done", seconds=60, every=0.5)
    celery.close()
    assert owner.bytes(f"/api/exports/{job}/download") == first, "a late delivery wrote the archive again"
    assert job_of(ground, job)["state"] == "done"
    return "an export delivered four times was made once"
