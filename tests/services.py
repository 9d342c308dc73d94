"""Real PostgreSQL and Valkey for the whole suite, started before Django reads its settings.

pytest loads this file as a plugin (`-p tests.services` in pyproject.toml). A run that already has DATABASE_URL and
REDIS_URL uses those servers. Both servers die with pytest, a kill -9 included.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.embedded import places
from webapp.embedded.postgres import Postgres
from webapp.embedded.valkey import Valkey

# Speed is allowed here only: what is tested is what we write, not the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
STACK = pytest.StashKey[contextlib.ExitStack]()


@contextlib.contextmanager
def temporary_data() -> Iterator[Path]:
    """A short data folder that the unprivileged service user can reach, removed at the end with its sockets."""
    folder = Path(tempfile.mkdtemp(prefix="cm-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(places.run_folder(folder), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_postgres(data: Path, **settings: str) -> Iterator[Postgres]:
    """A server with the application's database, whose role may also make test databases."""
    server = Postgres(data, settings=settings, may_create_databases=True)
    server.prepare()
    with (data / "postgres.log").open("ab") as log:
        try:
            server.spawn(log.fileno())
            server.wait_until_ready()
            server.make_database()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_valkey(data: Path) -> Iterator[Valkey]:
    server = Valkey(data)
    with (data / "valkey.log").open("ab") as log:
        try:
            server.spawn(log.fileno())
            server.wait_until_ready()
            yield server
        finally:
            server.stop()


OURS = "CYTOMARK_TEST_SERVERS"
"""In the environment of workers (pytest -n) where the servers' addresses are those of the process that started them."""


def start_servers(stack: contextlib.ExitStack) -> None:
    """Starts both and says so in the environment, which webapp.settings reads. Each of several workers has its own."""
    if "PYTEST_XDIST_WORKER" in os.environ and OURS in os.environ:
        for name in ("DATABASE_URL", "REDIS_URL", "CYTOMARK_DATA"):
            os.environ.pop(name, None)
    elif not {"DATABASE_URL", "REDIS_URL"} & os.environ.keys():
        os.environ[OURS] = "1"
    data = stack.enter_context(temporary_data())
    os.environ.setdefault("SECRET_KEY", places.secret(data, "secret_key"))
    os.environ.setdefault("CYTOMARK_DATA", str(data))
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = stack.enter_context(running_postgres(data, **FAST)).url
    if "REDIS_URL" not in os.environ:
        os.environ["REDIS_URL"] = stack.enter_context(running_valkey(data)).url


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Iterator[None]:
    """A wrapper, so that it runs before pytest-django, which reads the settings in the same hook."""
    if not {"--help", "-h", "--version"} & set(args):
        start_for(early_config)
    yield


def start_for(early_config: pytest.Config) -> None:
    stack = contextlib.ExitStack()
    early_config.stash[STACK] = stack
    early_config.add_cleanup(stack.close)
    try:
        start_servers(stack)
    except Exception as error:
        print(f"The tests' PostgreSQL and Valkey did not start: {error}", file=sys.stderr)  # noqa: T201
        raise
