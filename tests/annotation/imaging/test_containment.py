"""S8: a decoder that has been taken over costs one upload and nothing else."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from annotation.errors import AppError, ErrorCode
from annotation.imaging.containment import Limits
from annotation.imaging.decode import decode

LIMITS = Limits(memory_bytes=1024**3, file_bytes=32 * 1024**2, cpu_seconds=2, seconds=4)
HARMLESS = "thread"


def attempt(deed: str, tmp_path: Path, *, limits: Limits = LIMITS) -> str:
    """What the server says of an upload whose decoder does this."""
    path, folder = tmp_path / "upload", tmp_path / "decoded"
    path.write_text(deed)
    folder.mkdir()
    begun = time.monotonic()
    with pytest.raises(AppError) as caught:
        decode(path, folder, name="cells.tif", limits=limits, program="tests.annotation.imaging.misbehaving")
    assert time.monotonic() - begun < 30
    assert caught.value.code == ErrorCode.UNREADABLE
    return caught.value.message


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    """Somebody else's file."""
    path = tmp_path / "images" / "theirs" / "original.tif"
    path.parent.mkdir(parents=True)
    path.write_text("theirs")
    return path


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_walls_stand_and_let_honest_work_through(tmp_path: Path) -> None:
    assert attempt(HARMLESS, tmp_path) == "cells.tif got through; rlimits landlock seccomp"


@pytest.mark.parametrize(
    "deed", ["segfault", "allocate", "fork", "spawn", "exec", "kill", "link", "udp", "environment"]
)
def test_a_misdeed_ends_only_its_own_upload(deed: str, tmp_path: Path) -> None:
    assert "could not be read" in attempt(deed, tmp_path)


@pytest.mark.parametrize("deed", ["loop", "sleep"])
def test_a_decoder_that_never_ends_is_ended(deed: str, tmp_path: Path) -> None:
    assert "cells.tif" in attempt(deed, tmp_path)


def test_a_huge_file_stops_at_the_limit(tmp_path: Path) -> None:
    assert "could not be read" in attempt("write", tmp_path)
    assert (tmp_path / "decoded" / "pixels").stat().st_size <= LIMITS.file_bytes


def test_no_connection_is_made(tmp_path: Path, listener: int) -> None:
    assert "could not be read" in attempt(f"tcp {listener}", tmp_path)


@pytest.mark.parametrize(
    "place", ["/etc/passwd", str(settings.BASE_DIR / "webapp" / "settings.py"), "/proc/self/environ"]
)
def test_the_servers_files_cannot_be_read(place: str, tmp_path: Path) -> None:
    assert "could not be read" in attempt(f"read {place}", tmp_path)


@pytest.mark.parametrize("deed", ["read", "overwrite"])
def test_a_neighbours_file_is_neither_read_nor_written(deed: str, tmp_path: Path, neighbour: Path) -> None:
    assert "could not be read" in attempt(f"{deed} {neighbour}", tmp_path)
    assert neighbour.read_text() == "theirs"


def test_a_neighbours_folder_is_not_listed(tmp_path: Path, neighbour: Path) -> None:
    assert "could not be read" in attempt(f"list {neighbour.parent}", tmp_path)


def test_nothing_of_an_ended_decoder_is_left(tmp_path: Path) -> None:
    attempt("sleep", tmp_path)
    running = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in running if str(tmp_path) in " ".join(line)]
