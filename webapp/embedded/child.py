"""Starting a process that does not outlive us, and ending one that did."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from webapp.embedded.owner import Owner

PR_SET_PDEATHSIG = 1
# Loaded before any fork: nothing may be imported or allocated between fork and exec.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before exec so that Linux signals it when we are gone, a kill -9 included.

    The signal is tied to the *thread* that forks: start long-lived children from the main thread only.
    """
    if LIBC is None:
        return None
    prctl, parent = LIBC.prctl, os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return arrange


def spawn(
    argv: Sequence[str | Path],
    *,
    output: int | IO[bytes],
    owner: Owner | None = None,
    env: Mapping[str, str] | None = None,
    folder: Path | str = "/",
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own (Ctrl-C reaches only us) that dies with us.

    `output` gets both its output streams; with an `owner` that is another user the child runs as that user.
    """
    switched: dict[str, Any] = {}
    if owner is not None and owner.switch:
        switched = {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    return subprocess.Popen(
        [str(word) for word in argv],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=folder,
        start_new_session=True,
        preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509 (one C call, prepared above)
        **switched,
    )


def stop(process: subprocess.Popen[bytes], first: signal.Signals, *, seconds: float) -> int:
    """Asks with `first`, kills after `seconds`, and always waits: an unreaped child blocks the next start."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def strays(named: str, folder: Path) -> list[psutil.Process]:
    """Running processes called `named` that work in `folder` (PostgreSQL and Valkey change into their data)."""
    found = []
    for process in psutil.process_iter(["name", "status"]):
        if named not in process.info["name"] or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
            if Path(process.cwd()).resolve() == folder.resolve():
                found.append(process)
    return found


def end_strays(named: str, folder: Path, *, leader: int, first: signal.Signals, seconds: float = 30) -> None:
    """Ends what a killed command left of a server of ours: `leader` is asked with `first`, its own children follow.

    A process that only reuses the number `leader` is left alone; what still runs after `seconds` is killed.
    """
    found = strays(named, folder)
    for process in found:
        if process.pid == leader:
            process.send_signal(first)
    _, alive = psutil.wait_procs(found, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=10)


def first_number(file: Path) -> int:
    """The process number in the first line of a lock file, 0 where there is none."""
    try:
        word = file.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return 0
    return int(word) if word.isdigit() else 0
