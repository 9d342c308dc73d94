"""A checkpoint comes in as tensors or not at all (S13)."""

from __future__ import annotations

import io
import json
import pickle  # noqa: TID251 (to make what must never be loaded)
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from inference import weights
from inference.errors import EngineError, EngineErrorCode
from inference.weights import CATALOGUE, checkpoint_for, load_checkpoint, sidecar_of, verify, weights_file
from tests.inference.tiny_checkpoints import Canary

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2, dtype=torch.float16)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    return tmp_path


def refusal(path: Path, **limits: int) -> str:
    with pytest.raises(EngineError) as caught:
        load_checkpoint(path, **limits)
    assert caught.value.code == EngineErrorCode.WEIGHTS_INVALID
    assert caught.value.permanent
    assert "manage.py weights fetch" in caught.value.message
    return caught.value.message


def test_torch_zips_and_safetensors_give_the_same_tensors(folder: Path) -> None:
    torch.save(STATE, folder / "a.pth")
    save_file(STATE, folder / "a.safetensors")
    for name in ("a.pth", "a.safetensors"):
        loaded = load_checkpoint(folder / name)
        assert len(loaded.sha256) == 64
        assert set(loaded.state) == set(STATE)
        assert all(torch.equal(loaded.state[key], STATE[key]) for key in STATE)


@pytest.mark.parametrize("where", ["value", "top", "nested"])
def test_objects_in_a_checkpoint_never_run(folder: Path, where: str) -> None:
    canary = folder / "canary"
    evil: Any = {
        "value": {**STATE, "x": Canary(canary)},
        "top": Canary(canary),
        "nested": {"x": [Canary(canary)]},
    }[where]
    torch.save(evil, folder / "evil.pth")
    assert "other objects than tensors" in refusal(folder / "evil.pth")
    assert not canary.exists()


def test_a_plain_pickle_never_runs(folder: Path) -> None:
    canary = folder / "canary"
    for name, content in {
        "evil.pkl": pickle.dumps(Canary(canary)),
        "legacy.pth": _legacy(Canary(canary)),
    }.items():
        (folder / name).write_bytes(content)
        assert "neither safetensors nor a torch checkpoint" in refusal(folder / name)
    assert not canary.exists()


def _legacy(thing: object) -> bytes:
    stream = io.BytesIO()
    torch.save(thing, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def test_the_canary_would_sing(tmp_path: Path) -> None:
    """The tests above are worth something only if the trap works."""
    pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))  # noqa: S301
    assert (tmp_path / "canary").exists()


def _torch_zip(folder: Path) -> bytes:
    torch.save(STATE, folder / "whole.pth")
    return (folder / "whole.pth").read_bytes()


def _safetensors(folder: Path) -> bytes:
    save_file(STATE, folder / "whole.safetensors")
    return (folder / "whole.safetensors").read_bytes()


def _with_header(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


OVERLAPPING = {
    "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
}
DAMAGED: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda _: b"",
    "zip without its end": lambda folder: _torch_zip(folder)[:-200],
    "half a zip": lambda folder: _torch_zip(folder)[:600],
    "short": lambda folder: _safetensors(folder)[:-5],
    "long": lambda folder: _safetensors(folder) + b"more",
    "huge header": lambda _: struct.pack("<Q", 2**60) + b"{",
    "overlapping": lambda _: _with_header(OVERLAPPING, bytes(12)),
    "picture": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "page": lambda _: b"<html>404</html>",
}


@pytest.mark.parametrize("make", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_damaged_or_foreign_is_refused(folder: Path, make: Callable[[Path], bytes]) -> None:
    (folder / "bad").write_bytes(make(folder))
    refusal(folder / "bad")


def test_a_zip_without_tensors_is_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / "other.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refusal(folder / "other.pth")


@pytest.mark.parametrize("content", [[1, 2], {}, {"step": 3}, {"nested": STATE}], ids=str)
def test_what_is_not_a_dictionary_of_tensors_is_refused(folder: Path, content: object) -> None:
    torch.save(content, folder / "odd.pth")
    refusal(folder / "odd.pth")


def test_values_that_are_not_finite_are_refused(folder: Path) -> None:
    save_file({"a": torch.tensor([1.0, float("nan")])}, folder / "nan.safetensors")
    assert "not finite" in refusal(folder / "nan.safetensors")


def test_a_file_over_the_limit_is_refused_unread_and_unpacked(folder: Path) -> None:
    torch.save({"a": torch.zeros(1000)}, folder / "large.pth")
    assert "size" in refusal(folder / "large.pth", largest_bytes=1000)
    with zipfile.ZipFile(folder / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**6))
    assert "unpacks" in refusal(folder / "bomb.pth", largest_bytes=10**5)


def test_a_file_that_is_not_the_published_one_is_refused(folder: Path) -> None:
    torch.save(STATE, folder / "sam_vit_b_01ec64.pth")
    assert "SHA-256" in refusal(folder / "sam_vit_b_01ec64.pth")
    assert verify(weights_file("sam_vit_b")).state == "wrong"


def test_a_recorded_sum_holds(folder: Path) -> None:
    path = folder / "cpsam_v2"
    torch.save(STATE, path)
    assert verify(weights_file("cpsam_v2")).state == "unknown sum"
    sidecar_of(path).write_text(f"{load_checkpoint(path).sha256}  cpsam_v2\n")
    assert verify(weights_file("cpsam_v2")).state == "ok"
    torch.save({"b": torch.zeros(3)}, path)
    assert "recorded" in refusal(path)


def test_the_first_file_of_the_catalogue_that_is_here_is_taken(folder: Path) -> None:
    (folder / "sam_vit_h_4b8939.pth").touch()
    assert checkpoint_for("sam").name == "sam_vit_h_4b8939.pth"
    (folder / "sam_vit_b_01ec64.pth").touch()
    assert checkpoint_for("sam").name == "sam_vit_b_01ec64.pth"


def test_weights_that_come_with_us_are_not_to_be_fetched(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(weights, "path_of", lambda entry: folder / entry.filename)
    with pytest.raises(EngineError, match="come with Cytomark") as caught:
        checkpoint_for("starter")
    assert caught.value.code == EngineErrorCode.WEIGHTS_MISSING


@pytest.mark.parametrize("name", ["absent.pth", "../secret.pth", "/etc/passwd"])
def test_a_chosen_file_has_to_lie_in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / "sam_vit_b_01ec64.pth").touch()
    monkeypatch.setenv("CYTOMARK_SAM_CHECKPOINT", name)
    with pytest.raises(EngineError, match="CYTOMARK_SAM_CHECKPOINT") as caught:
        checkpoint_for("sam")
    assert caught.value.code == EngineErrorCode.WEIGHTS_MISSING


def test_the_catalogue_says_where_from_and_under_which_licence() -> None:
    for entry in CATALOGUE:
        assert entry.licence
        assert entry.url.startswith("https://") or entry.engine == "starter"
        assert entry.sha256 is None or len(entry.sha256) == 64
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert "CC-BY-NC" in weights.CELLPOSE_NOTICE
