"""Which files of weights an engine can run, and which of them are here: for the model cards. Free of torch."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from inference.contracts import WeightsStatus
from inference.errors import EngineError
from inference.weights import CATALOGUE, WeightsFile, checkpoint_for, known_sum, path_of


def weights_of(engine: str) -> tuple[WeightsStatus, ...]:
    """The catalogue's files of an engine in the order in which they are looked for, then the file that somebody put
    into the weights folder and named in the environment, where there is one."""
    try:
        used: Path | None = checkpoint_for(engine)
    except EngineError:
        used = None
    entries = [entry for entry in CATALOGUE if entry.engine == engine]
    found = [_of_catalogue(entry, used) for entry in entries]
    if used is not None and used not in [path_of(entry) for entry in entries]:
        found.append(_own_file(used))
    return tuple(found)


def _of_catalogue(entry: WeightsFile, used: Path | None) -> WeightsStatus:
    path = path_of(entry)
    here = path.is_file()
    stated = entry.sha256 or (known_sum(path) if here else None)
    return WeightsStatus(
        name=entry.name,
        filename=entry.filename,
        origin="published" if entry.url else "included",
        url=entry.url,
        licence=entry.licence,
        sha256=stated or (_sum(path) if here and not entry.url else ""),
        size=entry.size or (path.stat().st_size if here else None),
        here=here,
        used=path == used,
        command=f"manage.py weights fetch {entry.name}" if entry.url else "",
    )


def _own_file(path: Path) -> WeightsStatus:
    return WeightsStatus(
        name=path.stem,
        filename=path.name,
        origin="own",
        url="",
        licence="Known to whoever put it there",
        sha256=known_sum(path) or "",
        size=path.stat().st_size,
        here=True,
        used=True,
        command="",
    )


def _sum(path: Path) -> str:
    """Of a small file that comes with Cytomark, read again only when it has changed."""
    stat = path.stat()
    return _sum_at(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _sum_at(path: Path, _changed_ns: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
