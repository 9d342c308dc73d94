"""manage.py weights."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    return tmp_path


def said(*words: str, **options: object) -> str:
    out = io.StringIO()
    call_command("weights", *words, stdout=out, **options)
    return out.getvalue()


def test_list_says_where_from_and_under_which_licence() -> None:
    text = said("list")
    assert "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth" in text
    assert "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912" in text
    assert "CC-BY-NC" in text
    assert "not here" in text


def test_list_for_programs_is_json(folder: Path) -> None:
    (folder / "cpsam").touch()
    rows = {row["name"]: row for row in json.loads(said("list", json=True))}
    assert rows["cpsam"]["present"] is True
    assert rows["sam_vit_b"]["present"] is False
    assert rows["sam_vit_b"]["size"] == 375_042_383


def test_verify_fails_for_a_file_that_is_another(folder: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "sam_vit_b_01ec64.pth")
    with pytest.raises(CommandError, match="sam_vit_b"):
        said("verify", "sam_vit_b")
    with pytest.raises(CommandError, match="Missing or wrong"):
        said("verify", "cpsam")


def test_verify_shows_the_sum_of_what_nobody_pinned(folder: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "cpsam")
    assert "cpsam      unknown sum " in said("verify", "cpsam")


@pytest.mark.parametrize("words", [["fetch"], ["fetch", "nothing-known"], ["fetch", "starter"]], ids=str)
def test_fetch_says_what_to_do_instead_of_guessing(folder: Path, words: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        said(*words)
    assert str(caught.value).endswith(".")
    assert list(folder.iterdir()) == []


def test_list_shows_files_of_ones_own_with_the_engine_that_they_fit(folder: Path) -> None:
    names = ("image_encoder.patch_embed.seq.0.c.weight", "mask_decoder.iou_token.weight")
    torch.save({name: torch.ones(1) for name in names}, folder / "finetuned.pt")
    (folder / "notes.txt").write_text("hello")
    text = said("list")
    assert "finetuned.pt: your own" in text
    assert "CYTOMARK_MOBILE_SAM_CHECKPOINT=finetuned.pt" in text
    assert "never loaded" in text
    rows = {row["filename"]: row for row in json.loads(said("list", json=True))}
    assert rows["finetuned.pt"]["engine"] == "mobile-sam"
    assert rows["notes.txt"]["engine"] == ""
