"""`make bench-collab`: many people draw in the same images at once. Time from an operation sent to its answer, and to
its sight by everybody in the image (the sender too), with the web process, Postgres and Valkey as `make up` starts them
and all the people on the same cores. In turn with the plain consumer of collab_naive.py.

Nobody points in the compared runs: the plain consumer knows no pointers. The last rows have everybody move theirs."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.load.report import Row, at_most, publish
from tests.running import free_port
from tests.services import running_postgres, running_valkey, temporary_data

ROOT = Path(__file__).resolve().parents[2]
SECONDS, ROUNDS = 15, 3
OURS, NAIVE = "webapp.asgi:application", "tests.load.collab_naive:application"


@dataclass(frozen=True)
class Load:
    """``clients`` people, each with ``rate`` operations a second, ``room`` of them in one image."""

    clients: int
    rate: float
    room: int
    aim_ms: float | None = None
    cursors: bool = False

    @property
    def name(self) -> str:
        pointing = ", all pointing" if self.cursors else ""
        return f"{self.clients} × {self.rate:g}/s in rooms of {self.room}{pointing}"


LOADS = (
    Load(20, 2, 5, 50),
    Load(20, 2, 20),
    Load(50, 2, 5, 50),
    Load(100, 1, 5, 150),
)
POINTING = (Load(20, 2, 20, cursors=True), Load(50, 2, 5, cursors=True))


@contextlib.contextmanager
def services() -> Iterator[None]:
    """Postgres and Valkey with the settings of `make up`, and a migrated database."""
    with temporary_data() as data, running_postgres(data) as postgres, running_valkey(data) as valkey:
        os.environ |= {
            "SECRET_KEY": "only for this benchmark, on loopback", "CYTOMARK_DATA": str(data),
            "DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            from tests.load.collab_naive import TABLE

            cursor.execute(TABLE)
        yield
        connection.close()


def people(count: int) -> tuple[Any, list[str]]:
    """A project with so many members, and the session cookie of each."""
    from django.test import Client

    from annotation.models import Membership, Role
    from tests.factories import make_project, make_user

    project, cookies = make_project(), []
    for _ in range(count):
        user = make_user()
        Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
        http = Client()
        http.force_login(user)
        cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in http.cookies.items()))
    return project, cookies


@contextlib.contextmanager
def server(application: str) -> Iterator[str]:
    """A web process; its address."""
    from webapp.embedded.roles import WEB, module

    port = free_port()
    argv = module(("uvicorn", application, "--host", "127.0.0.1", "--port", str(port), *WEB))
    process = subprocess.Popen(argv, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not alive(f"{url}/healthz"):
            assert time.monotonic() < deadline, f"{application} does not answer"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def alive(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - loopback
            return True
    except OSError:
        return False


def measure(url: str, load: Load, project: Any, cookies: list[str]) -> dict[str, Any]:
    """One run with new images; the figures of collab_clients.py."""
    from tests.factories import make_image
    from tests.load.collab_clients import SIDE

    images = [str(make_image(project, height=SIDE, width=SIDE).pk) for _ in range(load.clients // load.room)]
    job = {
        "url": url, "images": images, "cookies": cookies, "clients": load.clients, "rate": load.rate,
        "room": load.room, "seconds": SECONDS, "cursors": load.cursors,
    }  # fmt: skip
    argv = [sys.executable, "-m", "tests.load.collab_clients"]
    ran = subprocess.run(argv, cwd=ROOT, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(ran.stdout))


def rows_of(name: str, load: Load, runs: list[dict[str, Any]], *, ours: bool) -> list[Row]:
    """Medians over the rounds; what is lost is summed."""

    def middle(key: str, percentile: float) -> float:
        return statistics.median(float(np.percentile(run[key], percentile)) for run in runs)

    head = f"{load.name}, {name}"
    slow = middle("acks", 95)
    aimed = ours and load.aim_ms is not None
    lost = sum(run["lost_fans"] for run in runs)
    unanswered = sum(run["sent"] - run["answered"] + run["refused"] for run in runs)
    return [
        Row(f"{head}: answer, median", round(middle("acks", 50), 1), "ms"),
        at_most(f"{head}: answer, p95", slow, load.aim_ms or 0, unit="ms")
        if aimed
        else Row(f"{head}: answer, p95", round(slow, 1), "ms"),
        Row(f"{head}: seen by all, median", round(middle("fans", 50), 1), "ms"),
        Row(f"{head}: seen by all, p95", round(middle("fans", 95), 1), "ms"),
        at_most(f"{head}: lost on the way to others", lost, 0, unit="")
        if ours
        else Row(f"{head}: lost on the way to others", lost, ""),
        *([at_most(f"{head}: not answered or refused", unanswered, 0, unit="")] if ours else []),
    ]


def main() -> None:
    found: dict[tuple[str, Load], list[dict[str, Any]]] = {}
    with services():
        project, cookies = people(20)
        for _ in range(ROUNDS):
            for name, application in (("ours", OURS), ("naive", NAIVE)):
                with server(application) as url:
                    for load in (*LOADS, *(POINTING if name == "ours" else ())):
                        found.setdefault((name, load), []).append(measure(url, load, project, cookies))
    rows = [
        row
        for load in (*LOADS, *POINTING)
        for name in ("ours", "naive")
        if (name, load) in found
        for row in rows_of(name, load, found[name, load], ours=name == "ours")
    ]
    publish("collab", rows)


if __name__ == "__main__":
    main()
