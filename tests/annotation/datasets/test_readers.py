"""Every format that is written is read again, and hostile files are refused."""

from __future__ import annotations

import io
import json
import pickle  # noqa: TID251 - only to make what must be refused
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.datasets.readers.found import Target
from annotation.datasets.readers.program import CELLS, read
from annotation.datasets.readers.registry import READERS
from annotation.datasets.readers.seg import read_object
from annotation.imaging.refusals import RefusalError
from inference.rle import Rle, encode, paste
from tests.annotation.datasets.scene import ArrayPixels, cell, hard_image, hard_labels, image, stack_image, write

LABELS = hard_labels()
TARGETS = [
    Target(0, "1.tif", "f" * 64, 60, 90, 1, 1),
    Target(1, "2.tif", "e" * 64, 30, 50, 2, 3),
]
EXACT = {name for name in READERS if name not in ("coco-polygon", "semantic-png")}
FLAT = {"ctc"}
"""Formats whose planes have no class."""


def read_file(path: Path, folder: Path, *, chosen: str = "", name: str = "a.zip") -> tuple[dict[str, Any], list[Any]]:
    folder.mkdir(exist_ok=True)
    with path.open("rb") as file:
        result = read(file, folder, name=name, chosen=chosen, images=TARGETS)
    return result, read_lines(folder)


def read_lines(folder: Path) -> list[Any]:
    lines = (folder / CELLS).read_text().splitlines() if (folder / CELLS).exists() else []
    return [json.loads(line) for line in lines]


def masks_of(lines: list[Any], index: int) -> set[tuple[int, int, Rle]]:
    return {(t, z, Rle(*box, tuple(counts))) for i, t, z, _, box, counts, *_ in lines if i == index}


def drawn(lines: list[Any], index: int = 0) -> list[np.ndarray]:
    found = []
    for _, _, mask in masks_of(lines, index):
        mask_hw = np.zeros((60, 90), bool)
        paste(mask, mask_hw, 1)
        found.append(mask_hw)
    return found


@pytest.mark.parametrize("name", sorted(EXACT))
def test_what_is_written_is_read_again_pixel_by_pixel(tmp_path: Path, name: str) -> None:
    """And the format is recognised by our own manifest."""
    images = [hard_image(), stack_image(file_sha256="e" * 64)]
    if name == "ome-zarr":
        images = images[:1]
    result, lines = read_file(write(tmp_path / "a.zip", name, images), tmp_path / "out")
    assert result["ok"], result
    assert {row["problem"] for row in result["planes"]} == {""}
    again = drawn(lines)
    for label in np.unique(LABELS)[1:]:
        assert any(np.array_equal(mask_hw, label == LABELS) for mask_hw in again), label
    assert len(again) == 10
    if len(images) == 2:
        disc = encode(np.ones((5, 6), bool), top=4, left=3)
        square = encode(np.ones((3, 3), bool), top=12, left=20)
        assert masks_of(lines, 1) == {(0, 1, disc), (0, 1, square), (1, 2, disc)}


@pytest.mark.parametrize("name", ["label-tiff", "ome-zarr"])
def test_seventy_thousand_cells_come_back(tmp_path: Path, name: str) -> None:
    rows, cols = np.divmod(np.arange(70_000) * 2, 700)
    masks = [Rle(row, col, 1, 1, (0, 1)) for row, col in zip(rows.tolist(), cols.tolist(), strict=True)]
    cells = (cell(label, mask) for label, mask in enumerate(masks, start=1))
    size = {
        "height": 200,
        "width": 700,
        "largest_label": 70_000,
        "pixels": ArrayPixels(np.zeros((1, 1, 1, 200, 700), "u1")),
    }
    path = write(tmp_path / "a.zip", name, [image(1, cells, **size)])
    with path.open("rb") as file:
        assert read(file, tmp_path, name="a.zip", chosen="", images=[Target(0, "1.tif", "", 200, 700, 1, 1)])["ok"]
    assert masks_of(read_lines(tmp_path), 0) == {(0, 0, mask) for mask in masks}


@pytest.mark.parametrize("name", ["coco", "yolo-seg", "voc", "labelme", "imagej-roi", "qupath-geojson", "ome-zarr"])
def test_classes_come_back(tmp_path: Path, name: str) -> None:
    _, lines = read_file(write(tmp_path / "a.zip", name, [hard_image()]), tmp_path / "out")
    assert sorted({line[3] for line in lines}) == ["", "=immune, “T”", "tumour"]


def test_polygons_of_coco_lose_holes_alone(tmp_path: Path) -> None:
    _, lines = read_file(write(tmp_path / "a.zip", "coco-polygon", [hard_image()]), tmp_path / "out")
    again = drawn(lines)
    for label in set(np.unique(LABELS)[1:].tolist()) - {3, 4, 7}:
        assert any(np.array_equal(mask_hw, label == LABELS) for mask_hw in again), label


@pytest.mark.parametrize("name", sorted(EXACT - {"huggingface", "coco"}))
def test_formats_are_recognised_without_our_manifest(tmp_path: Path, name: str) -> None:
    written = write(tmp_path / "a.zip", name, [hard_image()])
    with zipfile.ZipFile(written) as archive, zipfile.ZipFile(tmp_path / "b.zip", "w") as other:
        for part in archive.namelist():
            if part not in ("manifest.json", "README.txt"):
                other.writestr(part, archive.read(part))
    result, lines = read_file(tmp_path / "b.zip", tmp_path / "out")
    assert result["ok"], result
    assert len(lines) == 10


def test_a_single_file_needs_no_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path / "a.zip", "imagej-roi", [hard_image()])) as archive:
        (tmp_path / "1.zip").write_bytes(archive.read("rois/1.zip"))
    result, lines = read_file(tmp_path / "1.zip", tmp_path / "out", name="1.zip")
    assert (result["format"], len(lines)) == ("imagej-roi", 10)
    with zipfile.ZipFile(write(tmp_path / "b.zip", "label-tiff", [hard_image()])) as archive:
        (tmp_path / "1.tif").write_bytes(archive.read("labels/1.tif"))
    result, lines = read_file(tmp_path / "1.tif", tmp_path / "out", name="1.tif")
    assert (result["format"], len(lines)) == ("label-tiff", 10)


def test_numpys_own_pickle_of_cellpose_is_read(tmp_path: Path) -> None:
    content: Any = {"masks": LABELS.astype(np.uint16), "flows": [], "diameter": np.float32(30), "ismanual": [True]}
    np.save(tmp_path / "1_seg.npy", content)
    result, lines = read_file(tmp_path / "1_seg.npy", tmp_path / "out", name="1_seg.npy")
    assert (result.get("format"), len(lines)) == ("cellpose-seg", 10), result


class Canary:
    def __reduce__(self) -> Any:
        return (print, ("executed",))


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path, protocol: int, capsys: Any) -> None:
    """S12."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    content = np.array({"masks": LABELS, "more": Canary()}, dtype=object)
    data = file.getvalue() + pickle.dumps(content, protocol=protocol)
    with pytest.raises(RefusalError, match="arrays, texts and numbers"):
        read_object(data)
    (tmp_path / "1_seg.npy").write_bytes(data)
    result, lines = read_file(tmp_path / "1_seg.npy", tmp_path / "out", name="1_seg.npy")
    assert (result["ok"], lines) == (False, [])
    assert capsys.readouterr().out == ""


def test_names_of_no_image_and_other_sizes_are_told(tmp_path: Path) -> None:
    images = [hard_image(), hard_image(3, name="who.tif", stem="who", file_sha256="a" * 64)]
    small = hard_image(2, name="2.tif", stem="2", file_sha256="e" * 64)
    result, _ = read_file(write(tmp_path / "a.zip", "label-tiff", [*images, small]), tmp_path / "out")
    assert [(row["name"], row["problem"]) for row in result["planes"]] == [
        ("1", ""), ("2", "it has 90 × 60 pixels and the image 50 × 30"),
        ("who", "no image of the project has this name"),
    ]  # fmt: skip


def zipped(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


BAD_COUNTS = {"size": [60, 90], "counts": "o" * 40}
COCO = {"images": [{"id": 1, "file_name": "1.tif"}], "categories": []}
HOSTILE: dict[str, dict[str, bytes]] = {
    "run lengths that do not add up": {
        "a.json": json.dumps({**COCO, "annotations": [{"image_id": 1, "segmentation": BAD_COUNTS}]}).encode()
    },
    "JSON that is too deep": {"a.json": b'{"annotations":' + b"[" * 100_000},
    "a list where an object is wanted": {"a.json": b'{"annotations": [1], "images": [2]}'},
    "numbers that are none": {"labels/1.txt": b"0 nan nan inf 1 0 0\n", "data.yaml": b""},
    "a TIFF that is none": {"labels/1.tif": b"II*\x00" + b"\xff" * 60},
    "an empty ROI": {"1.zip": b"PK\x05\x06" + bytes(18)},
    "nothing": {},
    "a way out": {"../../../tmp/1.tif": b"", "/etc/1.tif": b"", "a\\..\\1.tif": b""},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_or_add_nothing(tmp_path: Path, case: str) -> None:
    """S10, S11: nothing is unpacked, and nothing breaks."""
    result, lines = read_file(zipped(tmp_path / "a.zip", **HOSTILE[case]), tmp_path / "out")
    assert lines == []
    assert not result["ok"] or all(row["problem"] for row in result["planes"]), result
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


def test_more_bytes_than_were_announced_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annotation.datasets.readers import found

    monkeypatch.setattr(found, "MOST_PART", 1000)
    result, lines = read_file(zipped(tmp_path / "a.zip", **{"labels/1.tif": bytes(100_000)}), tmp_path / "out")
    assert (result["ok"], lines) == (False, [])
