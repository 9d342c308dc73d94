"""Where the fault scenarios take place: the application as `make up` starts it, people, an image, and the auditor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.drawer import Drawer, Link, state_of
from tests.running import ROOT, SERVICE_VARIABLES, App, Person
from webapp.embedded import places
from webapp.embedded.postgres import Postgres
from webapp.embedded.valkey import Valkey

WEB, CLICK, VALKEY, POSTGRES = ("uvicorn",), ("worker", "click"), ("valkey-server",), ("bin/postgres", "-D")
IO = ("celery", "-Q io")
"""Not “worker” and “io”: Postgres has processes of that name."""


Scenario = Callable[["Ground", Any, int], Awaitable[str]]


@dataclass
class Ground:
    """A running application with some people in one project."""

    app: App
    people: list[Person]
    project: str
    images: list[str]
    image_id: str = ""
    made: list[Drawer] = field(default_factory=list)

    @classmethod
    def of(cls, app: App, *, colleagues: int = 3) -> Ground:
        owner = Person(app.url)
        owner.take_account(app.link, name="ann", password="a long pass phrase")
        project = owner.get("/api/projects")[0]["id"]
        people = [owner]
        for number in range(colleagues):
            made = owner.post(f"/api/projects/{project}/members", email=f"p{number}@lab.example", role="annotator")
            colleague = Person(app.url)
            colleague.take_account(made["link"], name=f"person{number}", password="a long pass phrase")
            people.append(colleague)
        images = [image["id"] for image in owner.get(f"/api/projects/{project}/images")]
        return cls(app, people, project, images)

    async def play(self, scenario: Scenario, size: Any, seed: int) -> str:
        """A scenario on the next image, so that none is in the way of another."""
        self.image_id = self.images[0]
        self.images = [*self.images[1:], self.image_id]
        return await scenario(self, size, seed)

    def cookie(self, number: int) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.people[number % len(self.people)].jar)

    @contextlib.asynccontextmanager
    async def drawers(self, count: int, *, seed: int, link: Link | None = None) -> AsyncIterator[list[Drawer]]:
        """Tabs in the same image, of different people as far as there are enough."""
        drawers = [
            Drawer(self.app.url, self.cookie(number), self.image_id, seed=1000 * seed + number, link=link)
            for number in range(count)
        ]
        try:
            await asyncio.gather(*(drawer.open() for drawer in drawers))
            yield drawers
        finally:
            await asyncio.gather(*(drawer.close() for drawer in drawers))

    async def agree(self, drawers: list[Drawer], *, seconds: float = 40) -> float:
        """Seconds until all drawers and a newcomer have the same cells. Raises where they never do."""
        start = time.monotonic()
        for drawer in drawers:
            drawer.link = Link()
        await asyncio.gather(*(drawer.catch_up(seconds) for drawer in drawers))
        async with self.drawers(1, seed=99) as (newcomer,):
            states = {state_of(drawer.cells) for drawer in [*drawers, newcomer]}
            assert len(states) == 1, "people see different cells"
        return time.monotonic() - start

    def environment(self) -> dict[str, str]:
        """For commands of the same application."""
        data = self.app.data
        clean = {name: value for name, value in os.environ.items() if name not in SERVICE_VARIABLES}
        return {
            **clean, "SECRET_KEY": places.secret(data, "secret_key"), "CYTOMARK_DATA": str(data),
            "DATABASE_URL": Postgres(data).url, "REDIS_URL": Valkey(data).url,
        }  # fmt: skip

    def audit(self) -> str:
        """What the auditor says; raises where anything is wrong."""
        argv = [sys.executable, "manage.py", "verify"]
        ran = subprocess.run(argv, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    def pids(self, words: tuple[str, ...]) -> list[int]:
        return self.app.pids(*words)


async def until(what: Callable[[], Any], *, seconds: float, every: float = 0.1) -> float:
    """Seconds until it is true. Raises where it never is."""
    start = time.monotonic()
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - others' processes tell nobody when they are done
            await asyncio.sleep(every)
    return time.monotonic() - start


def data_folder(folder: Path) -> Path:
    """One that the database's user can reach."""
    folder.chmod(0o755)
    return folder / "data"
