"""The embedded PostgreSQL: closed, durable, and cleared of what a killed one left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from tests.services import running_postgres, temporary_data
from webapp.embedded import places
from webapp.embedded.errors import StartError
from webapp.embedded.owner import service_owner
from webapp.embedded.postgres import Postgres, find_binaries

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with temporary_data() as folder:
        yield folder


def ask(server: Postgres, query: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def test_a_committed_row_survives_a_kill_of_the_server(data: Path) -> None:
    with running_postgres(data) as server:
        ask(server, "CREATE TABLE kept (n int)")
        ask(server, "INSERT INTO kept VALUES (7)")
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.spawn(subprocess.DEVNULL)
        server.wait_until_ready()
        assert ask(server, "SELECT n FROM kept") == [(7,)]


def test_it_writes_durably_listens_on_no_port_and_orders_by_code_point(data: Path) -> None:
    with running_postgres(data) as server:
        names = ("fsync", "synchronous_commit", "listen_addresses", "timezone")
        assert [ask(server, f"SHOW {name}")[0][0] for name in names] == ["on", "on", "", "UTC"]
        assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = 'cytomark'") == [("C.UTF-8",)]
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
        assert server.process is not None
        assert not [c for c in psutil.Process(server.process.pid).net_connections("inet") if c.status == "LISTEN"]


def test_a_wrong_password_is_refused(data: Path) -> None:
    with running_postgres(data) as server, pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(server.url.replace("postgres://cytomark:", "postgres://cytomark:not-"))


def test_a_server_that_a_killed_command_left_is_ended_first(data: Path) -> None:
    with running_postgres(data) as left:
        assert left.process is not None
        again = Postgres(data)
        again.prepare()
        assert left.process.wait(20) == 0


def test_a_lock_file_with_a_reused_process_number_is_no_obstacle(data: Path) -> None:
    server = Postgres(data)
    lock = server.cluster / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"])
    lock.write_text(f"{stranger.pid}\n{server.cluster}\n")
    with running_postgres(data) as server:
        assert ask(server, "SELECT 1") == [(1,)]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_data_of_another_major_version_are_refused_with_a_sentence() -> None:
    with temporary_data() as folder:
        server = Postgres(folder)
        (server.cluster / "PG_VERSION").write_text("16\n")
        with pytest.raises(StartError, match=r"PostgreSQL 16.*pg_dump"):
            server.prepare()


def test_missing_binaries_are_told_with_the_command_that_installs_them() -> None:
    with pytest.raises(StartError, match="pip install"):
        find_binaries([("no_such_carrier", "install", "libs")])


def test_data_that_the_database_user_cannot_reach_go_elsewhere_and_no_folder_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = service_owner()
    with temporary_data() as open_folder:
        monkeypatch.setattr(places, "SHARED", open_folder / "shared")
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        (closed / "data").mkdir()
        place = places.service_data(closed / "data", "postgres", owner)
        assert closed.stat().st_mode & 0o777 == 0o700
        assert places.service_data(closed / "data", "postgres", owner) == place
        assert (place.parts[: len(open_folder.parts)] == open_folder.parts) == owner.switch


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    first = places.secret(tmp_path, "secret_key")
    assert len(first) >= 40
    assert places.secret(tmp_path, "secret_key") == first
    (tmp_path / "secrets" / "secret_key").chmod(0o644)
    with pytest.raises(StartError, match="chmod 600"):
        places.secret(tmp_path, "secret_key")


def test_the_server_does_not_outlive_the_process_that_started_it() -> None:
    code = (
        "import sys, time; from pathlib import Path; from tests.services import running_postgres\n"
        "with running_postgres(Path(sys.argv[1])) as server:\n"
        "    print(server.process.pid, flush=True); time.sleep(60)"
    )
    with temporary_data() as folder:
        argv = [sys.executable, "-c", code, str(folder)]
        parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate()
        end = time.monotonic() + 15
        while psutil.pid_exists(server) and time.monotonic() < end:
            time.sleep(0.05)
        assert not psutil.pid_exists(server)
