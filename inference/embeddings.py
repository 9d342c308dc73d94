"""Embeddings and flow fields on disk, one safetensors file each, mapped into memory by all workers of a machine.

The key is a hash over everything that decides the content: pixels, tile, engine, weights, preprocessing. Any
difference is another key, that is, a miss. Files appear by rename, so that two writers cannot harm each other
and a reader never sees half a file; a damaged file is a miss and goes away. When the folder grows over its
size, what was used longest ago goes first, but nothing of an image that is open: whoever uses an image, or has it
open, holds it for a while (a file in ``held/``, whose time is the end of that while).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass
from errno import EDQUOT, ENOSPC
from functools import cache
from pathlib import Path

from inference.contracts import FIRST_PLANE, Embedding, PlaneView
from inference.environment import embeddings_bytes, embeddings_folder
from inference.errors import EngineError, EngineErrorCode
from inference.mapped_arrays import map_arrays, write_arrays

logger = logging.getLogger(__name__)

FORMAT = "3"
MEMORY_BYTES = 256 * 1024**2
HOLD_S = 900.0
"""How long an image counts as open after it was used."""
ABANDONED_S = 10
"""A temporary file older than this that nobody has locked belongs to a process that died."""


@dataclass(frozen=True, slots=True)
class EmbeddingKey:
    """What an embedding was made of. ``pixels`` and ``weights`` are SHA-256 (hex); ``view`` is the plane of the image,
    ``tile`` the (top, left, height, width) of the part of it that was encoded, or None for all of it."""

    pixels: str
    engine: str
    weights: str
    preprocessing: str
    tile: tuple[int, int, int, int] | None = None
    view: PlaneView = FIRST_PLANE

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all of it."""
        return hashlib.sha256(json.dumps([FORMAT, asdict(self)], sort_keys=True).encode()).hexdigest()


def _mark(pixels: str) -> str:
    """What the names of an image's files begin with."""
    return hashlib.sha256(pixels.encode()).hexdigest()[:24]


def _size(embedding: Embedding) -> int:
    return sum(array.nbytes for array in embedding.arrays.values())


class EmbeddingStore:
    """Embeddings under ``folder``. Safe for several threads and several processes at once."""

    def __init__(self, folder: Path, *, largest_bytes: int, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder = folder
        self.largest_bytes = largest_bytes
        self.memory_bytes = memory_bytes
        self._recent: OrderedDict[str, Embedding] = OrderedDict()
        self._checked: dict[str, int] = {}
        self._lock = threading.Lock()

    def path(self, key: EmbeddingKey) -> Path:
        """The file of a key, whether it exists or not."""
        digest = key.digest
        return self.folder / digest[:2] / f"{_mark(key.pixels)}-{digest}.safetensors"

    def has(self, key: EmbeddingKey) -> bool:
        """Whether get would probably answer; cheap, does not read the content."""
        return self.path(key).is_file()

    def get(self, key: EmbeddingKey) -> Embedding | None:
        """The embedding, its arrays mapped, or None where there is none or it is damaged. Counts as a use, and holds
        the image."""
        digest = key.digest
        with self._lock:
            embedding = self._recent.get(digest)
            if embedding is not None:
                self._recent.move_to_end(digest)
        path = self.path(key)
        if embedding is None:
            embedding = self._read(path, key)
            if embedding is None:
                return None
            self._remember(digest, embedding)
        with suppress(OSError):
            os.utime(path)
        self.hold(key.pixels)
        return embedding

    def put(self, key: EmbeddingKey, embedding: Embedding) -> None:
        """Keep it, and hold the image. Raises EngineError(DISK_FULL) when there is no room even after others of the
        store have made some, OSError when the folder may not be written."""
        self.hold(key.pixels)
        try:
            self._write(key, embedding)
        except OSError as error:
            if error.errno not in (ENOSPC, EDQUOT):
                raise
            self.evict(spare=_size(embedding) + self.largest_bytes // 10)
            self._write_at_last(key, embedding)
        self.evict(keep=self.path(key))

    def _write_at_last(self, key: EmbeddingKey, embedding: Embedding) -> None:
        try:
            self._write(key, embedding)
        except OSError as error:
            message = (
                f"The server's disk has no room for the {_size(embedding) / 1e6:,.0f} MB that make the image ready. "
                "Ask whoever looks after the server to make room in the folder of embeddings."
            )
            raise EngineError(EngineErrorCode.DISK_FULL, message, permanent=False) from error

    def _write(self, key: EmbeddingKey, embedding: Embedding) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                # As long as this process lives, nobody sweeps the file.
                fcntl.flock(file, fcntl.LOCK_EX)
                about = {"key": asdict(key), "height": embedding.height, "width": embedding.width}
                write_arrays(file, embedding.arrays, about)
                file.flush()
                os.fsync(file.fileno())
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        with self._lock:
            self._recent.pop(key.digest, None)

    # --- open images ------------------------------------------------------------------------------------------

    def hold(self, pixels: str, seconds: float = HOLD_S) -> None:
        """Nothing of the image with this hash of its pixels is removed for so long, whoever asks."""
        path = self.folder / "held" / _mark(pixels)
        until = time.time() + seconds
        with suppress(OSError):
            if path.stat().st_mtime > until - min(seconds / 10, 30):
                return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (until, until))
        except OSError as error:
            logger.warning("An open image could not be noted: %s", error)

    def _held(self) -> set[str]:
        """The marks of the images that are open; the notes of others go."""
        held = set()
        for path in self.folder.glob("held/*"):
            with suppress(OSError):
                # A note that was made just now has no time yet.
                if path.stat().st_mtime > time.time() - 1:
                    held.add(path.name)
                else:
                    path.unlink()
        return held

    # --- making room ------------------------------------------------------------------------------------------

    def evict(self, *, keep: Path | None = None, spare: int = 0) -> None:
        """Remove what was used longest ago until the folder is ``spare`` bytes under its size, and what dead writers
        left behind."""
        files: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.suffix == ".safetensors":
                    files.append((stat.st_mtime, stat.st_size, path))
                elif path.suffix == ".part" and stat.st_mtime < time.time() - ABANDONED_S:
                    _sweep(path)
        total = sum(size for _, size, _ in files)
        # Where the disk is full, it is what is there that has to go.
        target = (self.largest_bytes if spare == 0 else min(total, self.largest_bytes)) - spare
        if total <= target:
            return
        held = self._held()
        for _, size, path in sorted(files):
            if total > target and path != keep and path.name.split("-")[0] not in held:
                path.unlink(missing_ok=True)
                total -= size
        if total > target:
            logger.warning(
                "The store of embeddings is %d bytes too large: all of it is of open images.", total - target
            )

    # --- reading ----------------------------------------------------------------------------------------------

    def _remember(self, digest: str, embedding: Embedding) -> None:
        """Keep the maps of the last few, of one at least: a map is quick to make, but costs more than the click."""
        with self._lock:
            self._recent[digest] = embedding
            self._recent.move_to_end(digest)
            held = sum(_size(each) for each in self._recent.values())
            while held > self.memory_bytes and len(self._recent) > (1 if self.memory_bytes else 0):
                _, oldest = self._recent.popitem(last=False)
                held -= _size(oldest)

    def _read(self, path: Path, key: EmbeddingKey) -> Embedding | None:
        try:
            inode = path.stat().st_ino
            arrays, about = map_arrays(path, check=self._checked.get(path.name) != inode)
            height, width = int(about["height"]), int(about["width"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("Embedding %s is damaged and removed: %s", path.name, error)
            path.unlink(missing_ok=True)
            return None
        self._checked[path.name] = inode
        return Embedding(
            engine=key.engine,
            weights=key.weights,
            preprocessing=key.preprocessing,
            height=height,
            width=width,
            arrays=arrays,
        )


def _sweep(path: Path) -> None:
    """Remove a temporary file if its writer is dead, and its lock gone with it."""
    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


@cache
def _store(folder: Path, largest_bytes: int) -> EmbeddingStore:
    return EmbeddingStore(folder, largest_bytes=largest_bytes)


def default_store() -> EmbeddingStore:
    """The store that the environment names, one per process."""
    return _store(embeddings_folder(), embeddings_bytes())
