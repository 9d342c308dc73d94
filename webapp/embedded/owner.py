"""Who runs a service, and where that user can reach: PostgreSQL refuses root, so root lends it to `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from webapp.embedded.errors import StartError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Owner:
    """The user that a service runs as; `switch` is true where that is not the user who starts it."""

    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid)


def service_owner() -> Owner:
    """`nobody` when we are root (no user is ever created), ourselves otherwise.

    Raises: StartError where root finds no such user.
    """
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switch=False)
    try:
        found = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise StartError(
            f"This machine has no user “{UNPRIVILEGED}” to run the database as. "
            "Start Cytomark as an ordinary user instead of root."
        ) from error
    return Owner(found.pw_uid, found.pw_gid, switch=True)


def allows(path: Path, owner: Owner, wanted: int) -> bool:
    """Whether the mode bits of `path` give `owner` all of `wanted` (4 read, 2 write, 1 enter)."""
    found = path.stat()
    if found.st_uid == owner.uid:
        given = found.st_mode >> 6
    elif found.st_gid == owner.gid:
        given = found.st_mode >> 3
    else:
        given = found.st_mode
    return stat.S_IMODE(given) & wanted == wanted


def can_reach(path: Path, owner: Owner) -> bool:
    """Whether `owner` may enter every folder above `path`, links followed; always true for ourselves."""
    if not owner.switch:
        return True
    return all(allows(parent, owner, 1) for parent in path.resolve().parents if parent.exists())


def make_private(folder: Path, owner: Owner) -> Path:
    """A folder that only `owner` may enter (0700), made where missing; its parents keep their modes.

    Raises: StartError where the folder is a link or belongs to a third user: somebody else may have put it there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner.uid}:
        raise StartError(f"{folder} belongs to another user. Remove it, then start again.")
    owner.own(folder)
    folder.chmod(0o700)
    return folder


def make_open(folder: Path) -> Path:
    """A folder of ours that everybody may enter, whatever the umask; folders that are there keep their modes."""
    if not folder.exists():
        make_open(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)
    return folder


def copy_readable(source: Path, target: Path) -> None:
    """Copies a folder so that every user may read it, and puts it in place in one step."""
    if target.exists():
        return
    make_open(target.parent)
    half = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.copytree(source, half, symlinks=True)
    for path in [half, *half.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    half.rename(target)
