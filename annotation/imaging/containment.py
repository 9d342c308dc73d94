"""Walls around a process that reads a stranger's file (S8). Linux; no Django.

The process gives up, for good: memory, processor time and file size beyond a limit (rlimits); every path but those
named (Landlock); sockets, new processes, other programs, signals to and memory of others (seccomp). What the kernel
does not offer is left out and said in the list that ``contain`` returns.
Sources: landlock(7), seccomp(2), linux/landlock.h, linux/filter.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION_FLAG = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_WRITE = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8
"""Write and remove files, remove and make folders, make regular files."""
_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}

_DENIED_X86_64 = (
    *(41, 53),  # socket, socketpair
    *(57, 58, 59, 322),  # fork, vfork, execve, execveat
    *(62, 129, 200, 297, 424, 434, 438),  # kill and its relatives, pidfd
    *(101, 310, 311),  # ptrace, process_vm_readv, process_vm_writev
    *(165, 166, 272, 308),  # mount, umount2, unshare, setns
    *(248, 249, 250, 298, 321, 323),  # keys, perf_event_open, bpf, userfaultfd
    *(425, 426, 427),  # io_uring
)
_DENIED_AARCH64 = (
    *(198, 199),
    *(221, 281),
    *(129, 130, 138, 240, 424, 434, 438),
    *(117, 270, 271),
    *(40, 39, 97, 268),
    *(217, 218, 219, 241, 280, 282),
    *(425, 426, 427),
)
_DENIED = {"x86_64": (0xC000003E, _DENIED_X86_64, (56, 435)), "aarch64": (0xC00000B7, _DENIED_AARCH64, (220, 435))}
"""For each machine: the audit number, the refused system calls, and the numbers of clone and clone3."""
_ALLOW, _DENY_EPERM, _DENY_ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000


WALLS = ("rlimits", "landlock", "seccomp")


@dataclass(frozen=True)
class Limits:
    """``memory_bytes`` is address space. ``seconds`` is wall-clock time, kept by the parent."""

    memory_bytes: int
    file_bytes: int
    cpu_seconds: int
    seconds: float


def contain(writable: Path, limits: Limits, *, readable: Path | None = None) -> list[str]:
    """Close every door but: reading code and libraries, writing below ``writable``, reading the file ``readable``
    again (some libraries open it themselves), and files that are already open. Returns the walls that stand, of
    WALLS."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _set_rlimits(limits)
    walls = ["rlimits"]
    if _restrict_paths(writable, readable):
        walls.append("landlock")
    if _restrict_calls():
        walls.append("seccomp")
    return walls


def _set_rlimits(limits: Limits) -> None:
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        highest = resource.getrlimit(what)[1]
        value = value if highest == resource.RLIM_INFINITY else min(value, highest)
        resource.setrlimit(what, (value, value))
    # A file over the limit is then an error that Python sees, not a signal.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _code_folders() -> list[Path]:
    """Where Python, its packages and the system's libraries are: read only, and nothing of anybody's data."""
    paths = sysconfig.get_paths()
    folders = {Path(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {Path(sys.base_prefix, "lib"), Path(__file__).parent}
    folders |= {Path(folder) for folder in ("/lib", "/lib64", "/usr/lib", "/usr/lib64")}
    return [folder for folder in folders if folder.is_dir()]


def _restrict_paths(writable: Path, readable: Path | None) -> bool:
    abi = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION_FLAG)
    if abi < 1:
        return False
    handled = _RIGHTS_BY_ABI[max(known for known in _RIGHTS_BY_ABI if known <= abi)]
    network = 3 if abi >= 4 else 0
    scope = 3 if abi >= 6 else 0
    attributes = struct.pack("=QQQ", handled, network, scope)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    for folder in _code_folders():
        _allow(ruleset, folder, _READ_FILE | _READ_DIR)
    _allow(ruleset, writable, (_READ_FILE | _READ_DIR | _WRITE | 1 << 14) & handled)
    if readable is not None:
        _allow(ruleset, readable, _READ_FILE)
    done: int = _libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
    return done == 0


def _allow(ruleset: int, path: Path, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", rights, place)
    _libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0)
    os.close(place)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """One instruction of the kernel's packet filter."""
    return struct.pack("=HBBI", code, yes, no, value)


def _filter(audit: int, denied: tuple[int, ...], clone: tuple[int, int]) -> bytes:
    """Refuse ``denied``; let clone make threads only; answer clone3 as an old kernel would, so that libc uses clone."""
    load, equal, test_bits, at_least, answer = 0x20, 0x15, 0x45, 0x35, 0x06
    steps = [
        _step(load, 4),
        _step(equal, audit, yes=1),
        _step(answer, _KILL),
        _step(load, 0),
        _step(at_least, _X32_BIT, no=1),
        _step(answer, _KILL),
        _step(equal, clone[1], no=1),
        _step(answer, _DENY_ENOSYS),
        _step(equal, clone[0], no=4),
        _step(load, 16),
        _step(test_bits, _CLONE_THREAD, no=1),
        _step(answer, _ALLOW),
        _step(answer, _DENY_EPERM),
    ]
    for call in denied:
        steps += [_step(equal, call, no=1), _step(answer, _DENY_EPERM)]
    return b"".join([*steps, _step(answer, _ALLOW)])


def _restrict_calls() -> bool:
    if platform.machine() not in _DENIED:
        return False
    program = _filter(*_DENIED[platform.machine()])
    kept = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    done: int = _libc.prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0)
    return done == 0
