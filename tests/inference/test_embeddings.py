"""The store of embeddings: any difference is a miss, and nothing that is damaged is ever handed out."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from inference import embeddings
from inference.contracts import Embedding
from inference.embeddings import EmbeddingKey, EmbeddingStore, _mark, default_store
from inference.errors import EngineError, EngineErrorCode

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
    assert same(kept.get(KEY), embedding())
    kept.path(KEY).unlink()
    assert same(kept.get(KEY), embedding())


def test_arrays_are_mapped_aligned_and_writing_to_them_stays_here(tmp_path: Path) -> None:
    kept, whole = store(tmp_path), embedding()
    arrays = {**whole.arrays, "odd": np.arange(3, dtype=np.uint8), "none": np.zeros((0, 4), np.float32)}
    kept.put(KEY, replace(whole, arrays=arrays))
    found = kept.get(KEY)
    assert found is not None
    for name, array in arrays.items():
        assert np.array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].flags.aligned
    features: Any = found.arrays["features"]
    assert features.dtype == np.float16
    features[:] = 7
    again = kept.get(KEY)
    assert again is not None
    assert not (again.arrays["features"] == 7).any()


def test_the_format_is_safetensors(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    with safe_open(kept.path(KEY), framework="numpy") as file:
        assert np.array_equal(file.get_tensor("features"), embedding().arrays["features"])


def test_the_content_is_compared_with_its_sum_once_in_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[bool] = []
    real = embeddings.map_arrays
    monkeypatch.setattr(
        embeddings, "map_arrays", lambda path, *, check: (checks.append(check), real(path, check=check))[1]
    )
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    for _ in range(3):
        assert same(kept.get(KEY), embedding())
    kept.put(KEY, embedding(2.0))
    assert same(kept.get(KEY), embedding(2.0))
    assert checks[:3] == [True, False, False]


def test_memory_keeps_only_the_last_few(tmp_path: Path) -> None:
    kept = store(tmp_path, memory_bytes=1000)
    keys = [replace(KEY, pixels=str(number)) for number in range(4)]
    for key in keys:
        kept.put(key, embedding())
        kept.get(key)
    assert list(kept._recent) == [key.digest for key in keys[-2:]]


def aged(kept: EmbeddingStore, count: int) -> list[EmbeddingKey]:
    """Entries, the first used longest ago, of images that nobody has open."""
    keys = [replace(KEY, pixels=str(number)) for number in range(count)]
    for age, key in enumerate(keys):
        kept.put(key, embedding())
        os.utime(kept.path(key), (time.time() - 100 + age,) * 2)
        close(kept, key)
    return keys


def close(kept: EmbeddingStore, key: EmbeddingKey) -> None:
    """As if its lease had run out."""
    os.utime(kept.folder / "held" / _mark(key.pixels), (1, 1))


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    size = _one_file(tmp_path / "measure")
    kept = store(tmp_path / "store", largest_bytes=3 * size)
    keys = aged(kept, 3)
    assert kept.get(keys[0]) is not None
    close(kept, keys[0])
    kept.put(KEY, embedding())
    assert [kept.has(key) for key in (*keys, KEY)] == [True, False, True, True]


def test_nothing_of_an_open_image_goes(tmp_path: Path) -> None:
    size = _one_file(tmp_path / "measure")
    kept, other = (store(tmp_path / "store", largest_bytes=3 * size) for _ in range(2))
    keys = aged(kept, 3)
    other.hold(keys[0].pixels)
    kept.put(KEY, embedding())
    assert [kept.has(key) for key in (*keys, KEY)] == [True, False, True, True]
    more = [replace(KEY, pixels=f"more {number}") for number in range(3)]
    for key in more:
        kept.put(key, embedding())
    assert all(kept.has(key) for key in (keys[0], KEY, *more)), "all of it is open, and stays"
    for key in (keys[0], KEY, *more):
        close(kept, key)
    kept.evict()
    assert sum(kept.has(key) for key in (*keys, KEY, *more)) == 3
    assert not list((tmp_path / "store" / "held").iterdir())


def test_a_click_and_an_open_hold_the_image(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put(KEY, embedding())
    note = tmp_path / "held" / _mark(KEY.pixels)
    assert note.stat().st_mtime > time.time() + 800
    close(kept, KEY)
    kept.get(KEY)
    assert note.stat().st_mtime > time.time() + 800


def full_disk(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    real, left = embeddings.write_arrays, [times]

    def write(*arguments: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError(28, "No space left on device")
        real(*arguments)

    monkeypatch.setattr(embeddings, "write_arrays", write)


def test_a_full_disk_makes_room_and_only_then_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store(tmp_path, largest_bytes=10_000)
    keys = aged(kept, 2)
    full_disk(monkeypatch, times=1)
    kept.put(KEY, embedding())
    assert [kept.has(key) for key in (*keys, KEY)] == [False, True, True]
    full_disk(monkeypatch, times=2)
    with pytest.raises(EngineError) as caught:
        kept.put(replace(KEY, engine="other"), embedding())
    assert (caught.value.code, caught.value.permanent) == (EngineErrorCode.DISK_FULL, False)
    assert "make room" in caught.value.message
    assert not list(tmp_path.glob("*/*.part"))


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
    old, new, living = (kept.path(KEY).with_name(name) for name in (".old.part", ".new.part", ".living.part"))
    for path in (old, new, living):
        path.touch()
    os.utime(old, (1, 1))
    os.utime(living, (1, 1))
    with living.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept.evict()
    assert (old.exists(), new.exists(), living.exists()) == (False, True, True)


KILLED = """
import sys, os, signal
import numpy as np
from pathlib import Path
from inference import embeddings
from inference.contracts import Embedding
real = embeddings.write_arrays
def half(file, arrays, about):
    real(file, arrays, about)
    file.flush()
    os.truncate(file.fileno(), os.fstat(file.fileno()).st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)
embeddings.write_arrays = half
key = embeddings.EmbeddingKey("a" * 64, "sam", "b" * 64, "p1")
store = embeddings.EmbeddingStore(Path(sys.argv[1]), largest_bytes=10**9)
store.put(key, Embedding("sam", "b" * 64, "p1", 3, 4, {"features": np.zeros(50_000, np.float16)}))
"""


def test_a_writer_that_is_killed_leaves_no_half_embedding(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False)
    assert killed.returncode == -9
    kept = store(tmp_path)
    assert kept.get(KEY) is None
    [left] = tmp_path.glob("*/*.part")
    kept.put(KEY, embedding())
    assert same(kept.get(KEY), embedding())
    os.utime(left, (1, 1))
    kept.evict()
    assert not left.exists()


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
    assert [path.suffix for path in tmp_path.glob("[0-9a-f][0-9a-f]/*")] == [".safetensors"]


def test_the_environment_names_the_folder_and_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path))
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS_BYTES", "12345")
    assert (default_store().folder, default_store().largest_bytes) == (tmp_path, 12345)
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS_BYTES", "10 GB")
    with pytest.raises(ValueError, match="CYTOMARK_EMBEDDINGS_BYTES is “10 GB”"):
        default_store()
