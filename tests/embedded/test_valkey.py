"""The embedded Valkey: closed, durable, and without the commands that only an administrator needs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.services import running_valkey, temporary_data
from webapp.embedded.valkey import Valkey

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    with temporary_data() as folder, running_valkey(folder) as running:
        yield running


def client(server: Valkey) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def test_what_was_written_a_second_ago_survives_a_kill(server: Valkey) -> None:
    client(server).set("kept", "7")
    assert client(server).execute_command("WAITAOF", 1, 0, 5000)[0] == 1
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.spawn(subprocess.DEVNULL)
    server.wait_until_ready()
    assert client(server).get("kept") == b"7"


def test_nobody_comes_in_without_the_password(server: Valkey) -> None:
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(unix_socket_path=str(server.socket)).ping()


@pytest.mark.parametrize("command", ["CONFIG GET dir", "FLUSHALL", "SHUTDOWN", "REPLICAOF NO ONE", "ACL LIST"])
def test_the_application_may_not_run_the_server(server: Valkey, command: str) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        client(server).execute_command(*command.split())


def test_only_its_owner_enters_the_socket_folder(server: Valkey) -> None:
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    assert len(str(server.socket)) < 100


def test_the_password_is_in_no_command_line(server: Valkey) -> None:
    assert server.process is not None
    password = (server.data / "secrets" / "valkey_password").read_text()
    assert password not in Path(f"/proc/{server.process.pid}/cmdline").read_text()
