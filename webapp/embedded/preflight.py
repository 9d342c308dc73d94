"""What is checked before anything is started; each finding is a sentence that says what to do."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.embedded.errors import StartError

FREE_BYTES = 1024**3
FOLDERS = ("images", "uploads", "exports", "embeddings", "weights", "static", "secrets")


def check_platform(platform: str = sys.platform) -> None:
    if platform.startswith("win"):
        raise StartError(
            "Cytomark does not run on Windows itself. Use WSL2 (and the same commands), or Docker: docker compose up."
        )


def check_port(host: str, port: int) -> None:
    """Raises: StartError where nothing can listen on `host`:`port`."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise StartError(f"“{host}” is no address of this machine. Choose one with --host.") from error
    with socket.socket(family, kind, number) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise StartError(f"Port {port} is reserved for root. Choose one above 1024: make up PORT=8001.") from error
        except OSError as error:
            raise StartError(
                f"Port {port} is in use by another program. Stop it, or choose another: make up PORT={port + 1}."
                if error.errno == 98 or "in use" in str(error)
                else f"Cytomark cannot listen on {host}: {error.strerror}. Choose an address with --host."
            ) from error


def check_frontend(folder: Path) -> None:
    if not (folder / ".vite" / "manifest.json").exists():
        raise StartError(f"The pages are not built ({folder} has no manifest). Run: make up (it builds them first).")


def prepare_data(data: Path) -> None:
    """Makes the data folder and what is in it. Raises: StartError with what to do where that is impossible."""
    if not data.parent.is_dir():
        raise StartError(f"The folder {data.parent} does not exist. Make it, or choose another data folder.")
    try:
        data.mkdir(exist_ok=True)
        for name in FOLDERS:
            (data / name).mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise StartError(
            f"{error.filename} is a file; a folder is needed there. Choose another data folder."
        ) from error
    except OSError as error:
        raise StartError(
            f"The data folder {data} cannot be written: {error.strerror}. Choose another: make up DATA=folder."
        ) from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise StartError(f"The data folder {data} cannot be written. Choose another: make up DATA=folder.")


def check_disk(data: Path, needed: int = FREE_BYTES) -> None:
    free = shutil.disk_usage(data).free
    if free < needed:
        raise StartError(
            f"Only {free // 1024**2} MB are free on the disk of {data}. Free at least {needed // 1024**2} MB first."
        )


@contextmanager
def data_lock(data: Path, address: str) -> Iterator[None]:
    """Holds the data folder: one Cytomark at a time. The lock goes with the process, whatever ends it.

    The file says who holds it. Raises: StartError where another process does.
    """
    with (data / "cytomark.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise StartError(
                f"Cytomark already runs on {data}: {holder}. Open that address, stop it, or choose another folder: "
                "make up DATA=other-folder."
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, {address}\n")
        file.flush()
        yield
