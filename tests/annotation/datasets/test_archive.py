"""What is in an export's zip file."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import tifffile
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from annotation.datasets.archive import Subject, write_archive
from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord
from annotation.datasets.registry import EXPORTERS, get_exporter
from annotation.errors import AppError
from inference.rle import Rle, encode, from_labels
from tests.annotation.datasets.scene import cell, image, stack_image
from tests.annotation.export_scene import random_labels


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., zipfile.ZipFile]:
    count = 0

    def write(name: str, images: list[ImageRecord], classes: list[ClassRecord] | None = None) -> zipfile.ZipFile:
        nonlocal count
        count += 1
        target = tmp_path / f"{count}.zip"
        write_archive(get_exporter(name), Subject(UUID(int=1), "Fish", classes or []), iter(images), target)
        return zipfile.ZipFile(target)

    return write


def labels_in(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with tifffile.TiffFile(io.BytesIO(archive.read(name))) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        return file.asarray()


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (1, 1), (1, 64)])
def test_the_label_tiff_is_what_was_annotated(written: Callable[..., zipfile.ZipFile], shape: tuple[int, int]) -> None:
    labels_hw = 5 * random_labels(1, height=shape[0], width=shape[1])
    cells = [cell(label, rle) for label, rle in from_labels(labels_hw)]
    archive = written("label-tiff", [image(1, cells, height=shape[0], width=shape[1])])
    found = labels_in(archive, "labels/1.tif")
    assert found.dtype == np.uint16
    assert np.array_equal(found, labels_hw)


@pytest.mark.parametrize(("label", "dtype"), [(65_535, np.uint16), (65_536, np.uint32)])
def test_labels_above_65535_make_it_32_bits(
    written: Callable[..., zipfile.ZipFile], label: int, dtype: type[np.generic]
) -> None:
    archive = written("label-tiff", [image(1, [cell(label, Rle(2, 3, 1, 2, (0, 2)))], largest_label=label)])
    found = labels_in(archive, "labels/1.tif")
    assert found.dtype == dtype
    assert found[2, 4] == label
    assert np.count_nonzero(found) == 2


def test_a_stack_becomes_a_label_tiff_with_its_axes(written: Callable[..., zipfile.ZipFile]) -> None:
    archive = written("label-tiff", [stack_image(1)])
    with tifffile.TiffFile(io.BytesIO(archive.read("labels/1.tif"))) as file:
        assert file.series[0].axes == "TZYX"
        labels_tzhw = file.asarray()
    expected = np.zeros((2, 3, 30, 50), np.uint16)
    expected[0, 1, 4:9, 3:9], expected[0, 1, 12:15, 20:23], expected[1, 2, 4:9, 3:9] = 1, 2, 3
    assert np.array_equal(labels_tzhw, expected)


def test_each_plane_of_a_stack_is_an_image_of_coco(written: Callable[..., zipfile.ZipFile]) -> None:
    found = json.loads(written("coco", [stack_image(1), image(2, [])]).read("annotations.json"))
    assert [row["id"] for row in found["images"]] == list(range(1, 8))
    planes = {row["id"]: (row["cytomark"]["t"], row["cytomark"]["z"]) for row in found["images"]}
    assert [planes[row["image_id"]] for row in found["annotations"]] == [(0, 1), (0, 1), (1, 2)]


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_an_empty_project_gives_a_valid_archive(written: Callable[..., zipfile.ZipFile], name: str) -> None:
    archive = written(name, [])
    assert archive.testzip() is None
    assert json.loads(archive.read("manifest.json"))["images"] == []
    assert "Images: 0" in archive.read("README.txt").decode()


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_the_same_state_gives_the_same_bytes(written: Callable[..., zipfile.ZipFile], name: str) -> None:
    def read() -> bytes:
        cells = [cell(label, rle) for label, rle in from_labels(random_labels(2, height=30, width=50))]
        return Path(str(written(name, [image(1, cells), image(2, [])]).filename)).read_bytes()

    assert read() == read()


def test_coco_is_read_by_pycocotools_and_decodes_to_the_same_masks(
    written: Callable[..., zipfile.ZipFile], tmp_path: Path
) -> None:
    labels_hw = random_labels(3, height=30, width=50)
    tumour = ClassRecord(70, "tumour", "#e69f00")
    cells = [cell(label, rle, label_class=tumour if label % 2 else None) for label, rle in from_labels(labels_hw)]
    archive = written("coco", [image(1, cells), image(2, [])], [tumour])
    archive.extract("annotations.json", tmp_path)
    coco = COCO(str(tmp_path / "annotations.json"))
    assert [row["file_name"] for row in coco.loadImgs(coco.getImgIds())] == ["1.tif", "2.tif"]
    again = np.zeros_like(labels_hw)
    for row in coco.loadAnns(coco.getAnnIds()):
        mask_hw = coco.annToMask(row).astype(bool)
        again[mask_hw] = row["cytomark"]["label"]
        assert row["area"] == mask_hw.sum()
        assert row["bbox"] == coco_mask.toBbox(row["segmentation"]).tolist()
        assert coco.loadCats(row["category_id"])[0]["name"] == (
            "tumour" if row["cytomark"]["label"] % 2 else "unclassified"
        )
    assert np.array_equal(again, labels_hw)


def test_prototype_keys_survive(written: Callable[..., zipfile.ZipFile]) -> None:
    """S32: names stay values, whatever they are."""
    names = ["__proto__", "constructor", 'quote" \\ \u2028 </script>']
    classes = [ClassRecord(number, name, "#000000") for number, name in enumerate(names)]
    archive = written("coco", [image(1, [], name="__proto__")], classes)
    found = json.loads(archive.read("annotations.json"))
    assert [row["name"] for row in found["categories"]] == names
    assert found["images"][0]["cytomark"]["name"] == "__proto__"


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_masks_of_cellpose_sam_carry_its_licence(written: Callable[..., zipfile.ZipFile], name: str) -> None:
    with_it = written(name, [image(1, [cell(1, Rle(0, 0, 1, 1, (0, 1)), engine="cellpose-sam")])])
    text = with_it.read("README.txt").decode()
    assert "BSD-3" in text
    assert "CC-BY-NC" in text
    without = written(name, [image(1, [cell(1, Rle(0, 0, 1, 1, (0, 1)))])])
    assert "CC-BY-NC" not in without.read("README.txt").decode()


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(AppError, match="label-tiff, "):
        get_exporter("pickle")


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_memory_does_not_grow_with_the_number_of_cells(written: Callable[..., zipfile.ZipFile], name: str) -> None:
    """R18: many runs pass through in a few megabytes."""
    comb_hw = np.zeros((80, 3), bool)
    comb_hw[::2], comb_hw[:, 0] = True, True
    rle = encode(comb_hw)

    def cells(start: int) -> Iterator[CellRecord]:
        for label in range(start, start + 50):
            yield cell(label, Rle(rle.top, rle.left, rle.height, rle.width, tuple(rle.counts)))

    images = [image(number, cells(1), largest_label=100, height=90) for number in range(1, 7)]
    assert 6 * 50 * len(rle.counts) > 20_000
    tracemalloc.start()
    try:
        written(name, images)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024**2
