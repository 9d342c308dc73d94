"""segment, evaluate, simulate and train, as scripts call them: their JSON is a contract."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from inference.training.synthetic import fluorescence, tissue


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two fluorescence images, “a” as PNG and “b” as 16-bit TIFF, with their labels."""
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    image_hw, labels_hw = fluorescence(1, height=96, width=120, cells=6)
    Pillow.fromarray(image_hw).save(images / "a.png")
    Pillow.fromarray(labels_hw.astype(np.uint16)).save(labels / "a.png")
    image_hw, labels_hw = fluorescence(2, height=80, width=80, cells=4, dtype=np.uint16)
    tifffile.imwrite(images / "b.tif", image_hw)
    tifffile.imwrite(labels / "b.tif", labels_hw.astype(np.uint16))
    return images, labels


def answer(command: str, folders: tuple[Path, Path], *more: str) -> dict[str, object]:
    out = StringIO()
    call_command(
        command, "starter", "--images", str(folders[0]), "--labels", str(folders[1]), "--json", *more,
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def test_evaluate_keeps_its_contract(folders: tuple[Path, Path]) -> None:
    found = answer("evaluate", folders)
    assert list(found) == ["engine", "images", "ap", "per_image"]
    assert found["engine"] == "starter"
    assert found["images"] == 2
    assert list(found["ap"]) == ["0.5", "0.75", "mean"]
    first, second = found["per_image"]
    assert list(first) == ["name", "objects", "ap", "seconds"]
    assert (first["name"], first["objects"]) == ("a", 6)
    assert list(first["ap"]) == ["0.5", "0.75", "mean"]
    assert found["ap"]["0.5"] == pytest.approx((first["ap"]["0.5"] + second["ap"]["0.5"]) / 2)
    assert found["ap"]["0.5"] >= 0.7


def test_simulate_keeps_its_contract(folders: tuple[Path, Path]) -> None:
    found = answer("simulate", folders, "--match", "a*")
    assert list(found) == ["engine", "images", "objects", "mean_iou", "clicks_to", "per_image"]
    assert (found["images"], found["objects"]) == (1, 6)
    assert list(found["mean_iou"]) == ["1", "2", "3", "5"]
    assert list(found["clicks_to"]) == ["0.80", "0.85"]
    assert found["per_image"] == [{"name": "a", "mean_iou": found["mean_iou"]}]
    assert found["mean_iou"]["1"] >= 0.7


def test_images_can_be_chosen(folders: tuple[Path, Path], tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("b\n")
    assert [row["name"] for row in answer("evaluate", folders, "--names", str(names))["per_image"]] == ["b"]
    assert [row["name"] for row in answer("evaluate", folders, "--limit", "1")["per_image"]] == ["a"]
    with pytest.raises(CommandError, match="No image is left"):
        answer("evaluate", folders, "--match", "z*")


def test_without_json_a_person_reads_it(folders: tuple[Path, Path]) -> None:
    out = StringIO()
    call_command(
        "evaluate", "starter", "--images", str(folders[0]), "--labels", str(folders[1]), stdout=out, stderr=StringIO()
    )
    assert out.getvalue().startswith("2 images, AP@0.5 ")


@pytest.mark.parametrize("command", ["evaluate", "simulate"])
def test_what_does_not_fit_is_said(folders: tuple[Path, Path], tmp_path: Path, command: str) -> None:
    images, labels = folders
    with pytest.raises(CommandError, match="There is no engine “nothing”"):
        call_command(command, "nothing", "--images", str(images), "--labels", str(labels))
    tifffile.imwrite(labels / "b.tif", np.zeros((7, 9), np.uint16))
    with pytest.raises(CommandError, match=r"“b\.tif” is 80 × 80 pixels, but its labels are 9 × 7"):
        answer(command, folders)
    (labels / "b.tif").unlink()
    with pytest.raises(CommandError, match=r"“b\.tif” has no label image"):
        answer(command, folders)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="holds no PNG, JPEG or TIFF"):
        answer(command, (tmp_path / "empty", labels))


def test_segment_writes_labels_and_names_what_is_bad(folders: tuple[Path, Path], tmp_path: Path) -> None:
    images, out = folders[0], tmp_path / "out"
    Pillow.fromarray(tissue(1, height=64, width=90, cells=5)[0]).save(images / "c.jpg")
    (images / "bad.png").write_bytes((images / "a.png").read_bytes()[:200])
    files = [str(images / name) for name in ("a.png", "bad.png", "gone.tif", "b.tif", "c.jpg")]
    said, problems = StringIO(), StringIO()
    with pytest.raises(CommandError, match="2 of 5 files could not be segmented"):
        call_command("segment", "starter", *files, "--out", str(out), stdout=said, stderr=problems)
    assert sorted(path.name for path in out.iterdir()) == ["a.tif", "b.tif", "c.tif"]
    with tifffile.TiffFile(out / "a.tif") as file:
        labels_hw = file.pages.first.asarray()
    assert labels_hw.dtype == np.uint16
    assert labels_hw.shape == (96, 120)
    assert labels_hw.max() >= 4
    assert "“bad.png” cannot be read" in problems.getvalue()
    assert "“gone.tif” cannot be read: there is no such file." in problems.getvalue()


def test_segment_never_overwrites_what_it_reads(folders: tuple[Path, Path]) -> None:
    file = folders[0] / "b.tif"
    before = file.read_bytes()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("segment", "starter", str(file), "--out", str(folders[0]), stdout=StringIO(), stderr=StringIO())
    assert file.read_bytes() == before


def test_train_asks_for_an_end_and_for_pairs_of_folders(folders: tuple[Path, Path], tmp_path: Path) -> None:
    images, labels = (str(folder) for folder in folders)
    start = ("train", "starter", "--images", images, "--labels", labels, "--out", str(tmp_path / "own.safetensors"))
    with pytest.raises(CommandError, match="--steps or --minutes"):
        call_command(*start)
    with pytest.raises(CommandError, match="one --labels for each --images"):
        call_command(*start, "--images", images, "--steps", "1")
