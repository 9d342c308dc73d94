"""Where the embedded services keep things: sockets, secrets, and data that an unprivileged user must reach."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from webapp.embedded.errors import StartError
from webapp.embedded.owner import Owner, can_reach, make_open, make_private

# Short, because a Unix socket's path has about 100 characters; not XDG_RUNTIME_DIR, which vanishes at log-out.
SOCKETS = Path("/tmp")  # noqa: S108 (the folder below it is checked to be ours and closed to others)
SHARED = Path("/var/lib/cytomark")
SECRET_BYTES = 32


def key_of(folder: Path) -> str:
    """Twelve characters that stand for a folder's full path."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def run_folder(data: Path) -> Path:
    """The folder for sockets of this data folder: short, ours, and enterable (not readable) by the service user.

    Raises: StartError where somebody else owns a folder of that name.
    """
    mine = Owner(os.geteuid(), os.getegid(), switch=False)
    folder = make_private(SOCKETS / f"cytomark-{mine.uid}-{key_of(data)}", mine)
    if mine.uid == 0:
        folder.chmod(0o711)
    return folder


def service_data(data: Path, name: str, owner: Owner) -> Path:
    """The folder of one service's data, private to `owner`: `data/NAME` wherever `owner` can reach it.

    Where it cannot (root's home is closed to `nobody`) the data go to /var/lib/cytomark/KEY/NAME and `data/NAME.place`
    keeps that path, so that the pair is found again. No mode of any folder above is ever changed.

    Raises: StartError where the recorded place is gone.
    """
    noted = data / f"{name}.place"
    if noted.exists():
        place = Path(noted.read_text().strip())
        if not place.is_dir():
            raise StartError(
                f"{noted} says that the {name} data are in {place}, but that folder is gone. "
                f"Put it back from a backup, or delete {noted} to start with empty {name} data."
            )
        return make_private(place, owner)
    inside = data / name
    if can_reach(inside, owner):
        return make_private(inside, owner)
    place = make_private(make_open(SHARED / key_of(data)) / name, owner)
    noted.write_text(f"{place}\n")
    return place


def secret(data: Path, name: str) -> str:
    """The secret `data/secrets/NAME` (0600), made at the first start.

    Raises: StartError where others can read it or it is empty (S22).
    """
    folder = data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        half = folder / f"{name}.part"
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(SECRET_BYTES))
        half.rename(path)
    if path.stat().st_mode & 0o077:
        raise StartError(f"Others can read the secret {path}. Run: chmod 600 {path}")
    text = path.read_text().strip()
    if not text:
        raise StartError(f"The secret {path} is empty. Delete the file, then start again.")
    return text
