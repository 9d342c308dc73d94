"""Pictures that come with annotations, in a project that does not have them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from annotation.datasets.readers import pictures
from annotation.datasets.readers.found import Target
from annotation.datasets.readers.pictures import FOLDER, Bounds
from annotation.datasets.readers.program import read
from tests.annotation.datasets.scene import hard_image, hard_labels, image, write
from tests.annotation.datasets.test_readers import drawn, masks_of, read_lines
from tests.annotation.datasets.test_tracks import film

ROOM = Bounds(10**6, 10**7, 10**7)
LABELS = hard_labels()


def read_pictures(
    path: Path, folder: Path, *, images: list[Target] | None = None, bounds: Bounds = ROOM
) -> tuple[dict[str, Any], list[Any]]:
    folder.mkdir()
    with path.open("rb") as file:
        result = read(file, folder, name="a.zip", chosen="", images=images or [], bounds=bounds)
    return result, read_lines(folder)


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def tif(values: Any) -> bytes:
    target = io.BytesIO()
    tifffile.imwrite(target, values)
    return target.getvalue()


def png(values: Any) -> bytes:
    target = io.BytesIO()
    Pillow.fromarray(values).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("cellpose", "1.tif"), ("cellpose-seg", "1.tif"), ("yolo-seg", "1.png"), ("voc", "1.png"), ("labelme", "1.png"),
        ("huggingface", "1.png"), ("semantic-png", "1.png"), ("ome-zarr", "1.ome.zarr"),
    ],
)  # fmt: skip
def test_an_archive_with_pictures_brings_its_images(tmp_path: Path, name: str, picture: str) -> None:
    empty = image(2, [], name="bare.tif", stem="bare")
    images = [hard_image()] if name in ("cellpose-seg", "labelme", "ome-zarr") else [hard_image(), empty]
    result, lines = read_pictures(write(tmp_path / "a.zip", name, images), tmp_path / "out")
    assert result["ok"], result
    assert {row["problem"] for row in result["planes"]} <= {""}
    made = {row["name"]: (row["height"], row["width"], row["size_t"], row["size_z"]) for row in result["pictures"]}
    assert made[picture] == (60, 90, 1, 1)
    index = next(row["index"] for row in result["pictures"] if row["name"] == picture)
    assert {line[0] for line in lines} == {index}
    if name != "semantic-png":
        found = [mask_hw.tobytes() for mask_hw in drawn(lines, index)]
        assert all((label == LABELS).tobytes() in found for label in np.unique(LABELS)[1:])
    assert sorted(path.name for path in (tmp_path / "out" / FOLDER).iterdir()) == [
        str(number) for number in range(len(result["pictures"]))
    ]


def test_frames_of_the_challenge_become_a_film(tmp_path: Path) -> None:
    result, lines = read_pictures(write(tmp_path / "a.zip", "ctc", [film()]), tmp_path / "out")
    (made,) = result["pictures"]
    assert (made["name"], made["size_t"], made["size_z"]) == ("film", 4, 2)
    assert len(lines) == 8


def test_folders_of_images_and_masks_are_one_dataset(tmp_path: Path) -> None:
    """As StarDist's and many others: images/NAME.tif and masks/NAME.tif."""
    grey = np.arange(60 * 90, dtype=np.uint16).reshape(60, 90)
    parts = {
        "train/images/x.tif": tif(grey),
        "train/masks/x.tif": tif(LABELS.astype(np.uint16)),
        "images/y.tif": tif(grey),
    }
    result, lines = read_pictures(zipped(tmp_path / "a.zip", parts), tmp_path / "out")
    assert result["format"] == "label-tiff"
    assert sorted(row["name"] for row in result["pictures"]) == ["x.tif", "y.tif"]
    assert len(lines) == 10


def test_label_images_alone_are_no_pictures(tmp_path: Path) -> None:
    result, lines = read_pictures(
        zipped(tmp_path / "a.zip", {"x.tif": tif(LABELS.astype(np.uint16))}), tmp_path / "out"
    )
    assert (result["pictures"], lines) == ([], [])
    assert [row["problem"] for row in result["planes"]] == ["no image of the project has this name"]


def test_what_the_project_has_is_not_brought_again(tmp_path: Path) -> None:
    there = [Target(0, "1.tif", "f" * 64, 60, 90, 1, 1)]
    new = hard_image(2, name="new.tif", stem="new", file_sha256="a" * 64)
    path = write(tmp_path / "a.zip", "cellpose", [hard_image(), new])
    result, lines = read_pictures(path, tmp_path / "out", images=there)
    assert [(row["index"], row["name"]) for row in result["pictures"]] == [(1, "new.tif")]
    assert len(masks_of(lines, 0)) == len(masks_of(lines, 1)) == 10


def test_pictures_that_cannot_be_read_are_told_and_the_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = np.zeros((60, 90), np.uint8)
    parts = {
        "images/cut.png": png(grey)[:40], "images/text.png": b"no picture", "images/empty.png": b"",
        "images/good.png": png(grey), "images/wide.png": png(np.zeros((10, 900), np.uint8)),
        "a/twice.png": png(grey), "b/twice.png": png(grey), "labels/twice.txt": b"0 0 0 0.5 0 0.5 0.5",
        "labels/good.txt": b"0 0 0 0.5 0 0.5 0.5", "labels/cut.txt": b"0 0 0 0.5 0 0.5 0.5", "data.yaml": b"",
    }  # fmt: skip
    bounds = Bounds(6000, 10**6, 10**6)
    result, lines = read_pictures(zipped(tmp_path / "a.zip", parts), tmp_path / "out", bounds=bounds)
    problems = {row["name"]: row["problem"] for row in result["planes"] if row["problem"]}
    assert problems.keys() == {"cut", "text.png", "empty.png", "wide.png", "twice"}
    assert "several pictures" in problems["twice"]
    assert "pixels" in problems["wide.png"]
    assert {line[0] for line in lines} == {row["index"] for row in result["pictures"] if row["name"] == "good.png"}
    monkeypatch.setattr(pictures, "MOST", 1)
    few, _ = read_pictures(tmp_path / "a.zip", tmp_path / "few", bounds=bounds)
    assert len(few["pictures"]) == 1
    none, _ = read_pictures(tmp_path / "a.zip", tmp_path / "none", bounds=Bounds(6000, 10**6, 50))
    assert none["pictures"] == []
    assert any("room" in row["problem"] for row in none["planes"])
    assert not any((tmp_path / "none" / FOLDER).iterdir())
