"""Files of one's own in the weights folder: which engine they fit, found out without running anything in them."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from inference.weights import sidecar_of
from inference.weights_found import LARGEST_HEADER, engine_of_file, found_files
from tests.inference.tiny_checkpoints import Canary, save, tiny_cpsam, tiny_mobile_sam, tiny_sam


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    return tmp_path


MADE: dict[str, Callable[[], Any]] = {"sam": tiny_sam, "mobile-sam": tiny_mobile_sam, "cellpose-sam": tiny_cpsam}


@pytest.mark.parametrize("engine", MADE)
def test_the_engine_is_known_by_the_names_of_the_tensors(engine: str, folder: Path) -> None:
    made = MADE[engine]()
    state = made if isinstance(made, dict) else made.state_dict()
    save(state, folder / "mine.pth")
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "mine.safetensors")
    assert [(each.path.name, each.engine) for each in found_files()] == [
        ("mine.pth", engine),
        ("mine.safetensors", engine),
    ]


def test_training_on_several_gpus_and_our_own_training_are_known(folder: Path) -> None:
    save({f"module.{name}": value for name, value in tiny_cpsam().state_dict().items()}, folder / "a.pth")
    save_file({"w": torch.ones(2)}, folder / "b.safetensors", metadata={"format": "cytomark-unet-1"})
    assert [each.engine for each in found_files()] == ["cellpose-sam", "unet"]


def test_published_files_sums_and_half_fetched_files_are_not_ones_own(folder: Path) -> None:
    for name in ("sam_vit_b_01ec64.pth", "mobile_sam.pt", ".mobile_sam.pt-x.part"):
        (folder / name).touch()
    sidecar_of(folder / "cpsam").touch()
    (folder / "subfolder").mkdir()
    assert found_files() == []


def test_without_a_folder_there_are_none(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(folder / "absent"))
    assert found_files() == []


def _lying_zip(path: Path) -> None:
    """Ten bytes by its own account, more than a header may be in truth."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(LARGEST_HEADER + 10))
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", LARGEST_HEADER + 10), struct.pack("<L", 10)))


def _header(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


HOSTILE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.touch(),
    "short": lambda path: path.write_bytes(b"PK"),
    "picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64)),
    "half a zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(200)),
    "huge header": lambda path: path.write_bytes(_header(b"{", 2**60)),
    "list as header": lambda path: path.write_bytes(_header(b"[1]")),
    "nested header": lambda path: path.write_bytes(_header(b"[" * 200_000)),
    "odd metadata": lambda path: path.write_bytes(_header(json.dumps({"__metadata__": {"format": 3}}).encode())),
    "large pickle": lambda path: zipfile.ZipFile(path, "w").writestr("a/data.pkl", b"\x80\x02]q\x00" * 1000),
    "zip that lies": _lying_zip,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_damaged_or_hostile_fits_no_engine(make: Callable[[Path], object], folder: Path) -> None:
    make(folder / "bad")
    assert engine_of_file(folder / "bad") == ""


def test_looking_at_a_file_runs_nothing_in_it(folder: Path) -> None:
    canary = folder / "canary"
    torch.save({**tiny_sam().state_dict(), "x": Canary(canary)}, folder / "evil.pth")
    assert engine_of_file(folder / "evil.pth") == "sam"
    assert not canary.exists()
