"""The processes of the application: the one place that says how each is started. docker-compose.yml follows it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from signal import SIGKILL, SIGTERM, Signals

APP = "webapp.celery"
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--prefetch-multiplier=1")
# Pings that a busy tab may answer late, frames bounded (S7), masks already compressed, no wait for open sockets.
WEB = (
    *("--ws-ping-timeout", "60", "--ws-max-size", "262144", "--ws-per-message-deflate", "false"),
    *("--timeout-graceful-shutdown", "5", "--lifespan", "off", "--no-access-log", "--no-server-header"),
    *("--loop", "uvloop", "--log-level", "warning"),
)


@dataclass(frozen=True)
class Role:
    """One process. `stage` orders the stop (lowest first) and `grace` bounds it in seconds.

    death_signal is what the process gets when `up` itself is killed: a worker must not finish an hour's task then;
    its task was not acknowledged and runs again.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    stage: int = 1
    grace: float = 3.0
    death_signal: Signals = SIGKILL


def web_argv(host: str, port: int) -> tuple[str, ...]:
    return ("uvicorn", "webapp.asgi:application", "--host", host, "--port", str(port), *WEB)


def worker_argv(name: str, queues: tuple[str, ...], *, threads: int = 0) -> tuple[str, ...]:
    """A worker of `queues`: one task at a time in its main thread, or in `threads` threads."""
    pool = ("-P", "threads", "-c", str(threads)) if threads else ("-P", "solo")
    named = ("-n", f"{name}@%h", "--loglevel", "WARNING")
    return ("celery", "--quiet", "-A", APP, "worker", "-Q", ",".join(queues), *pool, *named, *QUIET)


def beat_argv(schedule: str) -> tuple[str, ...]:
    return ("celery", "--quiet", "-A", APP, "beat", "-s", schedule, "--pidfile=", "--loglevel", "WARNING")


def thread_limits(threads: int) -> dict[str, str]:
    """How many cores a process may use: torch and its libraries otherwise take all, in every process at once."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CYTOMARK_TORCH_THREADS")
    return dict.fromkeys(names, str(threads))


def roles(host: str, port: int, *, cores: int, schedule: str) -> list[Role]:
    """Web server, workers and clock of one machine with `cores` cores.

    A click decodes on one core at once; embeddings leave it that core; project-wide work runs at lower priority.
    """
    many = thread_limits(max(1, cores - 1))
    batch = worker_argv("batch", ("batch", "train"))
    return [
        Role("web", web_argv(host, port), thread_limits(1), stage=0, grace=6.0, death_signal=SIGTERM),
        Role("click", worker_argv("click", ("click",)), thread_limits(1)),
        Role("embed", worker_argv("embed", ("embed",)), many),
        Role("batch", ("nice", "-n", "10", *module(batch)), many),
        Role("io", worker_argv("io", ("io",), threads=2), thread_limits(1)),
        Role("beat", beat_argv(schedule), thread_limits(1), death_signal=SIGTERM),
    ]


def module(argv: tuple[str, ...]) -> tuple[str, ...]:
    """`argv` of a program of the virtual environment, started by this very Python; other programs as they are."""
    if argv[0] in {"celery", "uvicorn"}:
        return (sys.executable, "-m", *argv)
    return argv
