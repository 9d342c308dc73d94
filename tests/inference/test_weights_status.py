"""What a model card says of files: which there are, which is here, which is run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from inference.weights import sidecar_of
from inference.weights_status import weights_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("CYTOMARK_SAM_CHECKPOINT", raising=False)
    return tmp_path


def test_the_first_file_that_is_here_is_the_one_that_is_run(folder: Path) -> None:
    (folder / "sam_vit_l_0b3195.pth").write_bytes(b"large")
    (folder / "sam_vit_h_4b8939.pth").write_bytes(b"huge")
    found = {file.name: (file.here, file.used) for file in weights_of("sam")}
    assert found == {"sam_vit_b": (False, False), "sam_vit_l": (True, True), "sam_vit_h": (True, False)}


def test_a_file_of_ones_own_is_listed_after_the_catalogues(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("CYTOMARK_SAM_CHECKPOINT", "mine.safetensors")
    own = weights_of("sam")[-1]
    assert (own.filename, own.here, own.used, own.size, own.command) == ("mine.safetensors", True, True, 7, "")


def test_a_sum_that_was_recorded_at_the_fetch_is_given(folder: Path) -> None:
    path = folder / "cpsam_v2"
    path.write_bytes(b"weights")
    sidecar_of(path).write_text(hashlib.sha256(b"weights").hexdigest() + "  cpsam_v2")
    file = weights_of("cellpose-sam")[0]
    assert (file.sha256, file.size) == (hashlib.sha256(b"weights").hexdigest(), 7)


def test_without_any_file_there_is_the_command_that_fetches_it() -> None:
    file = weights_of("cellpose-sam")[0]
    assert (file.here, file.used, file.size, file.command) == (False, False, None, "manage.py weights fetch cpsam_v2")
