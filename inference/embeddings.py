"""Embeddings on disk, one safetensors file each, the last few in memory as well.

The key is a hash over everything that decides the content: pixels, tile, engine, weights, preprocessing. Any
difference is another key, that is, a miss. Files appear by rename, so that two writers cannot harm each other
and a reader never sees half a file; a damaged file is a miss and goes away. When the folder grows over its
size, what was used longest ago goes first.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.contracts import Embedding
from inference.environment import embeddings_bytes, embeddings_folder

logger = logging.getLogger(__name__)

FORMAT = "1"
MEMORY_BYTES = 256 * 1024**2
ABANDONED_S = 3600
"""A temporary file older than this belongs to a process that died."""

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class EmbeddingKey:
    """What an embedding was made of. ``pixels`` and ``weights`` are SHA-256 (hex); ``tile`` is (top, left,
    height, width) of the part of the image that was encoded, or None for all of it."""

    pixels: str
    engine: str
    weights: str
    preprocessing: str
    tile: tuple[int, int, int, int] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all of it: the name of the file."""
        return hashlib.sha256(json.dumps([FORMAT, asdict(self)], sort_keys=True).encode()).hexdigest()


def _size(embedding: Embedding) -> int:
    return sum(array.nbytes for array in embedding.arrays.values())


def _content_sum(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + str(arrays[name].dtype).encode() + str(arrays[name].shape).encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


class EmbeddingStore:
    """Embeddings under ``folder``. Safe for several threads and several processes at once."""

    def __init__(self, folder: Path, *, largest_bytes: int, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder = folder
        self.largest_bytes = largest_bytes
        self.memory_bytes = memory_bytes
        self._recent: OrderedDict[str, Embedding] = OrderedDict()
        self._lock = threading.Lock()

    def path(self, key: EmbeddingKey) -> Path:
        """The file of a key, whether it exists or not."""
        digest = key.digest
        return self.folder / digest[:2] / f"{digest}.safetensors"

    def has(self, key: EmbeddingKey) -> bool:
        """Whether get would probably answer; cheap, does not read the content."""
        return self.path(key).is_file()

    def get(self, key: EmbeddingKey) -> Embedding | None:
        """The embedding, or None where there is none or it is damaged. Counts as a use."""
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
        return embedding

    def put(self, key: EmbeddingKey, embedding: Embedding) -> None:
        """Keep it. Raises OSError when the disk is full or may not be written."""
        from safetensors.numpy import save

        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: np.ascontiguousarray(array) for name, array in embedding.arrays.items()}
        about = {
            "key": asdict(key),
            "height": embedding.height,
            "width": embedding.width,
            "sum": _content_sum(arrays),
        }
        content = save(arrays, metadata={"about": json.dumps(about)})
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._remember(key.digest, embedding)
        self.evict(keep=path)

    def evict(self, *, keep: Path | None = None) -> None:
        """Remove what was used longest ago until the folder fits, and what dead writers left behind."""
        files: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.suffix == ".safetensors":
                    files.append((stat.st_mtime, stat.st_size, path))
                elif stat.st_mtime < time.time() - ABANDONED_S:
                    path.unlink()
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.largest_bytes:
                return
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size

    def _remember(self, digest: str, embedding: Embedding) -> None:
        with self._lock:
            self._recent[digest] = embedding
            self._recent.move_to_end(digest)
            held = sum(_size(each) for each in self._recent.values())
            while held > self.memory_bytes and self._recent:
                _, oldest = self._recent.popitem(last=False)
                held -= _size(oldest)

    def _read(self, path: Path, key: EmbeddingKey) -> Embedding | None:
        from safetensors import SafetensorError, safe_open

        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                about = json.loads(file.metadata()["about"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dictionary)
            if about["sum"] != _content_sum(arrays):
                raise ValueError("content and sum differ")
            height, width = int(about["height"]), int(about["width"])
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("Embedding %s is damaged and removed: %s", path.name, error)
            path.unlink(missing_ok=True)
            return None
        return Embedding(
            engine=key.engine,
            weights=key.weights,
            preprocessing=key.preprocessing,
            height=height,
            width=width,
            arrays=arrays,
        )


@cache
def _store(folder: Path, largest_bytes: int) -> EmbeddingStore:
    return EmbeddingStore(folder, largest_bytes=largest_bytes)


def default_store() -> EmbeddingStore:
    """The store that the environment names, one per process."""
    return _store(embeddings_folder(), embeddings_bytes())
