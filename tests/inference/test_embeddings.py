"""The store of embeddings: any difference is a miss, and nothing that is damaged is ever handed out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.contracts import Embedding
from inference.embeddings import EmbeddingKey, EmbeddingStore, default_store

KEY = EmbeddingKey(pixels="a" * 64, engine="sam", weights="b" * 64, preprocessing="p1")


def embedding(value: float = 1.0, *, size: int = 100) -> Embedding:
    features = np.full((2, size), value, np.float16)
    return Embedding("sam", KEY.weights, KEY.preprocessing, 30, 40, {"features": features, "size": np.arange(3)})


def store(folder: Path, *, largest_bytes: int = 10**9, memory_bytes: int = 0) -> EmbeddingStore:
    return EmbeddingStore(folder, largest_bytes=largest_bytes, memory_bytes=memory_bytes)


def same(one: Embedding | None, other: Embedding) -> bool:
    return (
        one is not None
        and (one.height, one.width, one.engine) == (other.height, other.width, other.engine)
        and all(np.array_equal(one.arrays[name], other.arrays[name]) for name in other.arrays)
        and all(one.arrays[name].dtype == other.arrays[name].dtype for name in other.arrays)
    )


def test_what_was_put_comes_back_in_another_process_of_the_store(tmp_path: Path) -> None:
    store(tmp_path).put(KEY, embedding())
    assert store(tmp_path).has(KEY)
    assert same(store(tmp_path).get(KEY), embedding())


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, pixels="c" * 64),
        replace(KEY, engine="starter"),
        replace(KEY, weights="c" * 64),
        replace(KEY, preprocessing="p2"),
        replace(KEY, tile=(0, 0, 30, 40)),
    ],
    ids=["pixels", "engine", "weights", "preprocessing", "tile"],
)
def test_any_difference_is_a_miss(tmp_path: Path, other: EmbeddingKey) -> None:
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    assert kept.get(other) is None
    assert not kept.has(other)


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "foreign"])
def test_a_damaged_file_is_a_miss_and_goes_away(tmp_path: Path, damage: str) -> None:
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    path = kept.path(KEY)
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[-1] ^= 1
    path.write_bytes({"truncated": bytes(content[:-7]), "empty": b"", "foreign": b"x" * 500}.get(damage, content))
    assert kept.get(KEY) is None
    assert not path.exists()
    kept.put(KEY, embedding(2.0))
    assert same(kept.get(KEY), embedding(2.0))


def test_a_repeated_click_does_not_read_the_disk(tmp_path: Path) -> None:
    kept = store(tmp_path, memory_bytes=10**6)
    kept.put(KEY, embedding())
    kept.path(KEY).write_bytes(b"")
    assert same(kept.get(KEY), embedding())


def test_memory_keeps_only_the_last_few(tmp_path: Path) -> None:
    kept = store(tmp_path, memory_bytes=1000)
    keys = [replace(KEY, pixels=str(number)) for number in range(4)]
    for key in keys:
        kept.put(key, embedding())
    assert list(kept._recent) == [key.digest for key in keys[-2:]]


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    size = _one_file(tmp_path / "measure")
    kept = store(tmp_path / "store", largest_bytes=3 * size)
    keys = [replace(KEY, pixels=str(number)) for number in range(4)]
    for age, key in enumerate(keys[:3]):
        kept.put(key, embedding())
        os.utime(kept.path(key), (time.time() - 100 + age,) * 2)
    assert kept.get(keys[0]) is not None
    kept.put(keys[3], embedding())
    assert [kept.has(key) for key in keys] == [True, False, True, True]


def _one_file(folder: Path) -> int:
    measured = store(folder)
    measured.put(KEY, embedding())
    return measured.path(KEY).stat().st_size


def test_one_that_is_larger_than_the_store_stays_until_the_next(tmp_path: Path) -> None:
    kept = store(tmp_path, largest_bytes=10)
    kept.put(KEY, embedding())
    assert kept.has(KEY)


def test_what_a_dead_writer_left_is_swept(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    old, new = (kept.path(KEY).with_name(name) for name in (".old.part", ".new.part"))
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    kept.evict()
    assert (old.exists(), new.exists()) == (False, True)


WRITER = """
import sys
import numpy as np
from pathlib import Path
from inference.contracts import Embedding
from inference.embeddings import EmbeddingKey, EmbeddingStore
key = EmbeddingKey("a" * 64, "sam", "b" * 64, "p1")
value = float(sys.argv[2])
store = EmbeddingStore(Path(sys.argv[1]), largest_bytes=10**9, memory_bytes=0)
for _ in range(40):
    arrays = {"features": np.full((50_000,), value, np.float32)}
    store.put(key, Embedding("sam", "b" * 64, "p1", 3, 4, arrays))
"""


def test_two_writers_and_a_reader_do_not_harm_each_other(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), value], cwd=root) for value in ("1", "2")]
    kept, seen = store(tmp_path), set()
    while any(writer.poll() is None for writer in writers):
        found = kept.get(KEY)
        if found is not None:
            features = found.arrays["features"]
            assert np.ptp(features) == 0
            seen.add(float(features[0]))
        time.sleep(0.002)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= {1.0, 2.0}
    assert [path.suffix for path in tmp_path.glob("*/*")] == [".safetensors"]


def test_the_environment_names_the_folder_and_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path))
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS_BYTES", "12345")
    assert (default_store().folder, default_store().largest_bytes) == (tmp_path, 12345)
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS_BYTES", "10 GB")
    with pytest.raises(ValueError, match="CYTOMARK_EMBEDDINGS_BYTES is “10 GB”"):
        default_store()
