"""Folders and free space for what people send. Names on disk are ours, never theirs (S14)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_STAGING = ".staging"


@contextmanager
def staging_folder() -> Iterator[Path]:
    """An empty folder on the same disk as the images; gone afterwards, unless it was moved."""
    parent = Path(settings.IMAGES) / _STAGING
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def place_folder(staged: Path, final: Path) -> None:
    """Make ``staged`` be ``final`` at one stroke, everything in it on disk before. An older ``final`` is replaced."""
    flush(staged)
    if final.exists():
        with staging_folder() as away:
            final.rename(away / final.name)
    staged.rename(final)


def flush(folder: Path) -> None:
    """Return when everything below the folder is on disk."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """What may still be written to the disk of this folder before the reserve is touched (S15)."""
    return shutil.disk_usage(folder).free - int(settings.DISK_RESERVE_BYTES)


def old_leftovers(before: float) -> Iterator[Path]:
    """Files and folders of interrupted work, last changed before this time (seconds since 1970)."""
    for folder in (Path(settings.UPLOADS), Path(settings.IMAGES) / _STAGING):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.lstat().st_mtime < before)


def remove(*paths: Path) -> None:
    """Remove files and folders, if they are there."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
