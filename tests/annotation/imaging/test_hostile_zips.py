"""S10, S11: a zip's names are labels, and it holds no more than an image needs."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.annotation.imaging.opening import everything, opened_file, refusal_of

AXES = [{"name": name, "type": "space"} for name in "yx"]
GROUP = {"multiscales": [{"axes": AXES, "datasets": [{"path": "0"}]}]}
Members = list[tuple[str, bytes]]


def array(**changed: Any) -> bytes:
    plain = {"zarr_format": 2, "shape": [64, 64], "chunks": [64, 64], "dtype": "|u1", "compressor": None,
             "filters": None, "fill_value": 0, "order": "C"}  # fmt: skip
    return json.dumps({**plain, **changed}).encode()


def sharded(**changed: Any) -> bytes:
    inner = {"chunk_shape": [32, 32], "codecs": [{"name": "bytes"}], "index_codecs": [{"name": "bytes"}], **changed}
    said = {"node_type": "array", "shape": [64, 64], "data_type": "uint8", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [64, 64]}},
            "codecs": [{"name": "sharding_indexed", "configuration": inner}]}  # fmt: skip
    return json.dumps(said).encode()


def image(metadata: bytes = array(), chunk: bytes = bytes(64 * 64), *, name: str = "0/.zarray") -> Members:
    key = "0/0.0" if name == "0/.zarray" else "0/c/0/0"
    return [(".zattrs", json.dumps(GROUP).encode()), (name, metadata), (key, chunk)]


def zipped(path: Path, members: Members, *, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


ODD_NAMES = (
    "../0/0.0",
    "/etc/passwd",
    "C:\\x",
    "..\\x",
    "a" * 300,
    "é",
    "e\u0301",
    "0/.ZARRAY",
    "__MACOSX/._0",
    "d/" * 1000 + "x",
)


def test_odd_names_are_labels_that_nothing_follows(tmp_path: Path) -> None:
    pixels = np.random.default_rng(8).integers(0, 255, (64, 64)).astype(np.uint8)
    odd: Members = [(name, b"theirs") for name in ODD_NAMES]
    path = zipped(tmp_path / "cells.zip", odd + image(chunk=pixels.tobytes()))
    before = sorted(tmp_path.rglob("*"))
    assert np.array_equal(everything(opened_file(path)[1])[0, 0, 0], pixels)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("named", ["../../theirs", "/theirs", "..", "0/../../theirs"])
def test_an_array_elsewhere_is_not_opened(named: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / ".zarray").write_bytes(array())
    group = {"multiscales": [{"axes": AXES, "datasets": [{"path": named}]}]}
    path = zipped(tmp_path / "cells.zip", [(".zattrs", json.dumps(group).encode())])
    assert "does not hold" in refusal_of(path)


def test_a_link_is_data_and_never_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("0/0.0")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "cells.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in image()[:2]:
            archive.writestr(name, content)
        archive.writestr(link, "/etc/passwd")
    assert "cannot be decoded" in refusal_of(path)


def blosc_that_lies() -> bytes:
    return struct.pack("<BBBBIII", 2, 1, 1, 1, 2**31 - 1, 2**16, 64) + bytes(48)


def wide(dtype: str = "|u1", side: int = 60_000) -> bytes:
    return array(shape=[side, side], chunks=[side, side], dtype=dtype)


BOMBS: dict[str, tuple[Members, str]] = {
    "a part that swells": (image(chunk=bytes(64 * 1024**2)), "far larger"),
    "metadata that swell": (image(metadata=b" " * 50_000_000), "far larger"),
    "metadata without end": (image(metadata=b"[" * 100_000), "no JSON"),
    "a chunk that swells when it is inflated": (
        image(array(compressor={"id": "zlib"}), zlib.compress(bytes(50_000_000), 9)),
        "cannot be decoded|far larger",
    ),
    "a chunk that lies about its size": (image(array(compressor={"id": "blosc"}), blosc_that_lies()), "decoded"),
    "one chunk of 60,000 squared": (image(wide()), "far larger"),
    "a chunk of one pixel each": (image(array(shape=[900_000, 900_000], chunks=[1, 1])), "far smaller"),
    "an image of 60,000 squared": (image(array(shape=[60_000, 60_000])), "60,000 × 60,000 pixels"),
    "no pixels": (image(array(shape=[0, 64])), "do not describe"),
    "a size below nothing": (image(array(shape=[-64, 64])), "do not describe"),
    "six axes": (image(array(shape=[1] * 6, chunks=[1] * 6)), "do not describe"),
    "objects instead of numbers": (image(array(dtype="|O")), "do not describe"),
    "a codec that unpickles": (image(array(compressor={"id": "pickle"})), "packs its chunks with “pickle”"),
    "a filter that unpickles": (image(array(filters=[{"id": "pickle"}])), "filters its chunks"),
    "a shard of absurdly many chunks": (image(sharded(chunk_shape=[0, 1]), name="0/zarr.json"), "do not describe"),
    "a shard that is too short": (image(sharded(), bytes(20), name="0/zarr.json"), "outside itself"),
    "a shard whose list leads out": (
        image(sharded(), struct.pack("<8Q", *[2**40, 900] * 4), name="0/zarr.json"),
        "outside itself",
    ),
    "a zip in a zip": ([("cells.zip", b"PK\x03\x04" + bytes(100))], "without an OME-Zarr image"),
    "a hundred thousand empty members": (
        [(f"x/{number}", b"") for number in range(100_001)],
        "more than 100,000 files",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_bomb_is_refused_at_once(bomb: str, method: int, tmp_path: Path) -> None:
    members, words = BOMBS[bomb]
    path = zipped(tmp_path / "cells.zip", members, method=method)
    said = refusal_of(path)
    also = ("compresses its shards", "cannot be unpacked") if method == zipfile.ZIP_DEFLATED else ()
    assert any(word in said for word in (*words.split("|"), *also)), said


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "cells.zip", [*image(), ("0/0.0", bytes(64 * 64))])
    assert "same name" in refusal_of(path)


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "cells.zip", image())
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 1)
    path.write_bytes(content)
    assert "password" in refusal_of(path)


def test_a_directory_that_lies_about_sizes_changes_nothing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "cells.zip", image(chunk=bytes(10_000_000)), method=zipfile.ZIP_DEFLATED)
    content = path.read_bytes().replace(struct.pack("<I", 10_000_000), struct.pack("<I", 4096))
    path.write_bytes(content)
    assert "cannot be unpacked" in refusal_of(path)


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.9, 0.999])
def test_a_zip_that_is_cut_off_is_refused(share: float, tmp_path: Path) -> None:
    path = zipped(tmp_path / "cells.zip", image(chunk=np.random.default_rng(1).bytes(64 * 64)))
    content = path.read_bytes()
    path.write_bytes(content[: max(4, int(len(content) * share))])
    assert "is cut off" in refusal_of(path)


def test_a_directory_of_absurd_size_is_refused_unread(tmp_path: Path) -> None:
    path = zipped(tmp_path / "cells.zip", image())
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rfind(b"PK\x05\x06") + 12, 2**31)
    path.write_bytes(content)
    assert "far too long" in refusal_of(path)
