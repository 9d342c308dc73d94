"""Keeps child processes running: prefixed logs, restart with back-off, an ordered stop. One thread, one selector."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import TextIO

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
DEATHS, WINDOW_SECONDS = 5, 120.0
KEPT_LINES = 30
TICK = 0.2
NAME_WIDTH = 8
COLOURS = (36, 32, 33, 35, 34, 96, 92, 95)


class StoppedError(Exception):
    """Somebody asked for the stop (Ctrl-C, SIGTERM)."""


class KeepsDyingError(Exception):
    """A child that cannot be kept running; the text has its name, exit status and last lines."""


@dataclass
class Child:
    """What to keep running. `spawn` starts the process with its output on the given descriptor.

    stage: the lowest stops first. grace: seconds between `stop_signal` and a kill.
    """

    name: str
    spawn: Callable[[int], subprocess.Popen[bytes]]
    stage: int = 1
    grace: float = 3.0
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    restart_at: float | None = None

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


def describe_exit(status: int) -> str:
    """“exit status 3”, or “killed by SIGKILL” for the negative numbers of subprocess."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


class Supervisor:
    """Use it as a context: inside, SIGINT, SIGTERM and SIGHUP ask for the stop; leaving it stops every child.

    A second signal kills at once. Only the main thread may start children (see child.die_with_parent).
    """

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.out = out
        self.asked = 0
        self.before: dict[signal.Signals, signal._HANDLER] = {}
        self.wake_reading, self.wake_writing = os.pipe()

    def __enter__(self) -> Supervisor:
        for end in (self.wake_reading, self.wake_writing):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wake_writing, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.before[number] = signal.signal(number, self.on_signal)
        # A handler of its own makes a dying child wake the selector at once.
        self.before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.wake_reading, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop_all()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in self.before.items():
                signal.signal(number, handler)
            self.selector.close()
            os.close(self.wake_reading)
            os.close(self.wake_writing)

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1

    def say(self, name: str, text: str) -> None:
        """One line of `name` on the terminal; a reader that has gone (`| head`) does not stop us."""
        head = f"{name:<{NAME_WIDTH}}"
        if self.out.isatty():
            colour = COLOURS[sum(name.encode()) % len(COLOURS)]
            head = f"\x1b[{colour}m{head}\x1b[0m"
        with contextlib.suppress(BrokenPipeError):
            self.out.write(f"{head} │ {text}\n")
            self.out.flush()

    def start(self, child: Child) -> Child:
        """Starts `child` and keeps it running from now on."""
        self.children.append(child)
        self._spawn(child)
        return child

    def _spawn(self, child: Child) -> None:
        reading, writing = os.pipe()
        try:
            child.process = child.spawn(writing)
        finally:
            os.close(writing)
        child.restart_at = None
        os.set_blocking(reading, False)
        self.selector.register(reading, selectors.EVENT_READ, (child, bytearray()))

    def turn(self, longest: float = TICK) -> None:
        """One turn: prints what children said, notices the dead, restarts those whose pause is over.

        Raises: StoppedError when a stop was asked for, KeepsDyingError when a child has died too often.
        """
        self._read(longest)
        if self.asked:
            raise StoppedError
        for child in self.children:
            self._care(child)

    def _read(self, longest: float) -> None:
        for key, _ in self.selector.select(longest):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self.wake_reading, 4096)
                continue
            child, rest = key.data
            self._take(int(key.fd), child, rest)

    def _take(self, reading: int, child: Child, rest: bytearray) -> None:
        data = os.read(reading, 65536)
        rest += data
        *lines, last = rest.split(b"\n")
        if not data and last:
            lines, last = [*lines, last], bytearray()
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            child.lines.append(text)
            self.say(child.name, text)
        rest[:] = last
        if not data:
            self.selector.unregister(reading)
            os.close(reading)

    def _care(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                self._spawn(child)
            return
        if child.process is None or child.process.poll() is None:
            return
        self._end_group(child)
        child.deaths.append(now)
        while child.deaths and child.deaths[0] < now - WINDOW_SECONDS:
            child.deaths.popleft()
        what = describe_exit(child.process.returncode)
        if len(child.deaths) >= DEATHS:
            self._read(TICK)
            raise KeepsDyingError(last_words(child, what))
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (len(child.deaths) - 1))
        self.say(child.name, f"ended ({what}); starting it again in {pause:g} s")
        child.restart_at = now + pause

    def _end_group(self, child: Child) -> None:
        """Whatever a dead child had started itself goes too: every child leads a process group of its own."""
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)

    def wait_for(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Turns until `ready()`; false when that took longer than `seconds`. Raises as `turn` does."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                return False
            self.turn(0.05)
        return True

    def run_once(self, child: Child) -> int:
        """Runs a child to its end and returns its exit status, while the others are cared for."""
        self._spawn(child)
        process = child.process
        assert process is not None  # noqa: S101 (set on the line above)
        try:
            while process.poll() is None:
                self.turn(0.05)
        finally:
            if process.poll() is None:
                self._stop([child])
        self._read(0)
        return process.returncode

    def run(self) -> None:
        """Turns until `turn` raises."""
        while True:
            self.turn()

    def stop_all(self) -> None:
        """Stops every child, stage by stage; the second signal of a person kills what is left."""
        self.asked = min(self.asked, 1)
        for _, children in self._stages():
            self._stop(children)
        self._read(0)

    def _stages(self) -> Iterator[tuple[int, list[Child]]]:
        for stage in sorted({child.stage for child in self.children}):
            yield stage, [child for child in self.children if child.stage == stage]

    def _stop(self, children: list[Child]) -> None:
        running = [child for child in children if child.runs()]
        ends: dict[str, float] = {}
        for child in running:
            assert child.process is not None  # noqa: S101 (it runs)
            child.process.send_signal(child.stop_signal)
            ends[child.name] = time.monotonic() + child.grace
        while any(child.runs() for child in running):
            for child in running:
                if child.process and child.runs() and (self.asked > 1 or time.monotonic() > ends[child.name]):
                    child.process.kill()
            self._read(0.05)
        for child in running:
            self._end_group(child)


def last_words(child: Child, what: str) -> str:
    """What is told of a child that keeps dying."""
    lines = "\n".join(f"  {line}" for line in child.lines) or "  (it printed nothing)"
    return (
        f"“{child.name}” ended {DEATHS} times within {WINDOW_SECONDS / 60:g} minutes (last: {what}). "
        f"Its last lines:\n{lines}"
    )
