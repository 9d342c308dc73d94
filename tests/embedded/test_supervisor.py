"""The supervisor keeps children running, gives up with their last words, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from webapp.embedded import supervisor as module
from webapp.embedded.child import spawn
from webapp.embedded.supervisor import Child, KeepsDyingError, StoppedError, Supervisor

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
DIES = "import sys; print('no weights here', flush=True); sys.exit(3)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(code: str) -> Callable[[int], subprocess.Popen[bytes]]:
    return lambda output: spawn([sys.executable, "-c", code], output=output)


def gone(pid: int) -> bool:
    """Whether a process that is not our child ends within ten seconds (it may wait for its new parent to reap it)."""
    try:
        process = psutil.Process(pid)
        end = time.monotonic() + 10
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
            time.sleep(0.02)
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    return io.StringIO()


def test_a_child_that_dies_once_is_started_again(out: io.StringIO, tmp_path: Path) -> None:
    been = f"import pathlib, sys; p = pathlib.Path({str(tmp_path / 'been')!r})\n"
    once = f"{been}if not p.exists(): p.touch(); sys.exit(2)\n"
    with Supervisor(out) as supervisor:
        supervisor.start(Child("worker", python(once + SLEEPS)))
        assert supervisor.wait_for(lambda: "│ up" in out.getvalue(), seconds=10)
    assert "worker   │ ended (exit status 2); starting it again in" in out.getvalue()


def test_a_child_that_keeps_dying_ends_the_command_with_its_last_lines(out: io.StringIO) -> None:
    with Supervisor(out) as supervisor:
        supervisor.start(Child("worker", python(DIES)))
        with pytest.raises(KeepsDyingError) as raised:
            supervisor.wait_for(lambda: False, seconds=30)
    assert "“worker” ended 5 times within 2 minutes (last: exit status 3)" in str(raised.value)
    assert "no weights here" in str(raised.value)


def test_others_keep_running_while_a_killed_one_comes_back(out: io.StringIO) -> None:
    with Supervisor(out) as supervisor:
        kept = supervisor.start(Child("web", python(SLEEPS)))
        killed = supervisor.start(Child("postgres", python(SLEEPS)))
        assert supervisor.wait_for(lambda: out.getvalue().count("│ up") == 2, seconds=10)
        assert kept.process is not None
        assert killed.process is not None
        before = kept.process.pid
        killed.process.kill()
        assert supervisor.wait_for(lambda: out.getvalue().count("│ up") == 3, seconds=10)
        assert kept.process.pid == before
        assert kept.runs()
    assert "killed by SIGKILL" in out.getvalue()


def test_a_signal_stops_all_children_in_order_and_none_is_left_unreaped(out: io.StringIO) -> None:
    said = "import signal, sys, time; signal.signal(15, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
    before = signal.getsignal(signal.SIGINT)
    with Supervisor(out) as supervisor:
        for stage, name in ((9, "postgres"), (0, "web"), (1, "worker")):
            supervisor.start(Child(name, python(said + SLEEPS), stage=stage))
        assert supervisor.wait_for(lambda: out.getvalue().count("│ up") == 3, seconds=10)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StoppedError):
            supervisor.run()
    ends = [line.split()[0] for line in out.getvalue().splitlines() if line.endswith("bye")]
    assert ends == ["web", "worker", "postgres"]
    assert not any(child.process and psutil.pid_exists(child.process.pid) for child in supervisor.children)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_child_that_ignores_the_stop_is_killed(out: io.StringIO) -> None:
    with Supervisor(out) as supervisor:
        child = supervisor.start(Child("worker", python(STUBBORN), grace=0.2))
        assert supervisor.wait_for(lambda: "│ up" in out.getvalue(), seconds=10)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_a_child_of_a_dead_child_is_ended_too(out: io.StringIO) -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.exit(1)"
    with Supervisor(out) as supervisor:
        child = supervisor.start(Child("io", python(code)))
        assert supervisor.wait_for(lambda: len(child.lines) > 0 and len(child.deaths) > 0, seconds=10)
        grandchild = int(child.lines[0])
    assert gone(grandchild)


def test_kill_of_the_supervisor_leaves_no_child() -> None:
    code = (
        "import sys; from webapp.embedded.child import spawn; from webapp.embedded.supervisor import *\n"
        "with Supervisor() as s:\n"
        "    c = s.start(Child('web', lambda out: spawn(['sleep', '60'], output=out)))\n"
        "    print(c.process.pid, flush=True); s.run()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert gone(child)
