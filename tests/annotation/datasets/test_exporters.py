"""What we write is read by the programs that people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import shapely
import tifffile
import zarr
from ome_zarr_models.v05 import Image as OmeImage
from PIL import Image as Pillow
from pycocotools.coco import COCO
from shapely.geometry import shape
from skimage.measure import regionprops

from annotation.datasets.base import RegionRecord
from annotation.datasets.measurements import spreadsheet_safe
from annotation.datasets.outlines import filled
from annotation.datasets.registry import EXPORTERS
from annotation.errors import AppError
from annotation.geometry import Bounds
from inference.rle import Rle, decode, paste
from inference.torch_runtime import mend_torchvision
from tests.annotation.datasets.scene import (
    cell,
    hard_image,
    hard_labels,
    image,
    stack_image,
    unpacked,
    write,
)

LABELS = hard_labels()


def tiff(path: Path) -> Any:
    with tifffile.TiffFile(path) as file:
        return file.asarray()


def by_label(labels_hw: Any) -> dict[int, Any]:
    return {int(label): labels_hw == label for label in np.unique(labels_hw) if label}


def test_a_stack_of_labels_has_a_page_for_each_plane_and_the_size_of_a_pixel(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "label-tiff", [stack_image()])
    with tifffile.TiffFile(folder / "labels" / "2.tif") as file:
        assert len(file.pages) == 6
        used = [int(page.asarray().max()) for page in file.pages]
        assert file.pages[0].tags["XResolution"].value == (20_000, 1)
        assert file.pages[0].tags["ResolutionUnit"].value == tifffile.RESUNIT.CENTIMETER
    assert used == [0, 2, 0, 0, 0, 3]


def test_ome_tiff_knows_axes_and_sizes(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "ome-tiff", [hard_image(), stack_image()])
    with tifffile.TiffFile(folder / "labels" / "2.ome.tif") as file:
        assert file.is_ome
        assert (file.series[0].axes, file.series[0].shape) == ("TZYX", (2, 3, 30, 50))
        for said in ('PhysicalSizeX="0.5"', 'PhysicalSizeZ="2.0"', 'TimeIncrement="30.0"'):
            assert said in file.ome_metadata
    assert np.array_equal(tiff(folder / "labels" / "1.ome.tif").squeeze(), LABELS)


def test_pycocotools_draws_the_polygons_without_their_holes(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "coco-polygon", [hard_image(), stack_image()])
    coco = COCO(str(folder / "annotations.json"))
    names = [row["file_name"] for row in coco.loadImgs(coco.getImgIds())]
    assert names == ["1.tif", *(f"2_t00{t}_z00{z}.tif" for t in range(2) for z in range(3))]
    for row in coco.loadAnns(coco.getAnnIds(imgIds=[1])):
        drawn, mask = coco.annToMask(row).astype(bool), row["cytomark"]["label"] == LABELS
        assert (drawn & mask).sum() == mask.sum()
        assert row["cytomark"]["label"] in (3, 4, 7) or np.array_equal(drawn, mask)


def test_cellpose_finds_its_images_and_masks(tmp_path: Path) -> None:
    mend_torchvision()
    from cellpose.io import load_images_labels

    named = hard_image(name="x_masks.tif", stem="x_masks")
    folder = unpacked(tmp_path, "cellpose", [named, stack_image(), image(3, [], split="test")])
    images, labels, _ = load_images_labels(str(folder / "train"), mask_filter="_masks")
    assert [(each.shape, label.shape) for each, label in zip(images, labels, strict=True)] == [
        *[((2, 30, 50), (30, 50))] * 2, ((60, 90), (60, 90)),
    ]  # fmt: skip
    assert np.array_equal(labels[2], LABELS)
    assert sorted(path.name for path in (folder / "test").iterdir()) == ["3.tif", "3_masks.tif"]


def test_cellposes_window_reads_the_seg_file(tmp_path: Path) -> None:
    mend_torchvision()
    from cellpose.io import imread

    folder = unpacked(tmp_path, "cellpose-seg", [hard_image(), stack_image()])
    # numpy's own reader, as Cellpose calls it; this file is ours.
    found: Any = np.load(folder / "train" / "1_seg.npy", allow_pickle=True).item()
    assert set(found) == {"outlines", "masks", "chan_choose", "ismanual", "filename", "flows", "diameter"}
    dense = np.unique(LABELS, return_inverse=True)[1].reshape(LABELS.shape)
    assert np.array_equal(found["masks"], dense)
    assert found["ismanual"].tolist() == [True] * 10
    assert found["outlines"].max() == 10
    assert imread(str(folder / "train" / found["filename"])).shape == (60, 90)


def test_zarr_reads_the_labels_and_they_keep_to_the_specification(tmp_path: Path) -> None:
    one = image(1, [cell(70_000, Rle(2, 510, 3, 5, (0, 15)))], width=700, height=40, largest_label=70_000)
    root = unpacked(tmp_path, "ome-zarr", [one]) / "1.ome.zarr"
    group = zarr.open_group(root / "labels" / "cells", mode="r")
    found = group["0"][...]
    assert (found.shape, found.dtype, np.unique(found).tolist()) == ((1, 1, 40, 700), np.uint32, [0, 70_000])
    assert found[0, 0, 2:5, 510:515].all()
    assert group["1"].shape == (1, 1, 20, 350)
    assert OmeImage.from_zarr(zarr.open_group(root, mode="r")).attributes.ome.multiscales
    assert group.attrs["ome"]["image-label"]["properties"] == [
        {"label-value": 70_000, "class": "unclassified", "id": "00000000-0000-0000-0000-000000011170"}
    ]
    assert zarr.open_group(root / "labels", mode="r").attrs["ome"]["labels"] == ["cells"]


def test_yolos_lines_fill_the_same_pixels(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "yolo-seg", [hard_image(), image(3, [], split="validation")])
    lines = [line.split() for line in (folder / "labels" / "train" / "1.txt").read_text().splitlines()]
    assert {line[0] for line in lines} == {"0", "1", "2"}
    for line, mask_hw in zip(lines, by_label(LABELS).values(), strict=True):
        values = np.array(line[1:], float).reshape(-1, 2)
        assert values.min() >= 0
        assert values.max() <= 1
        ring = np.array([90, 60]) * values
        again = np.zeros((60, 90), bool)
        paste(filled([ring], height=60, width=90), again, 1)
        assert np.array_equal(again, mask_hw)
    assert (folder / "labels" / "val" / "3.txt").read_text() == ""
    data = (folder / "data.yaml").read_text()
    assert "val: images/val\n" in data
    assert '  1: "=immune, \\u201cT\\u201d"\n' in data


def test_the_pictures_of_voc_hold_cells_and_classes(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "voc", [hard_image()])
    picture = Pillow.open(folder / "SegmentationObject" / "1.png")
    assert picture.mode == "P"
    assert np.array_equal(np.array(picture), np.unique(LABELS, return_inverse=True)[1].reshape(LABELS.shape))
    classes = np.array(Pillow.open(folder / "SegmentationClass" / "1.png"))
    assert np.array_equal(classes, np.choose(LABELS % 3, [1, 2, 3]) * (LABELS > 0))
    assert (folder / "Annotations" / "1.xml").read_text().count("<object>") == 10
    assert (folder / "ImageSets" / "Segmentation" / "train.txt").read_text() == "1\n"


def test_more_than_254_cells_make_voc_16_bits(tmp_path: Path) -> None:
    cells = [cell(n, Rle(n // 50, n % 50, 1, 1, (0, 1))) for n in range(1, 301)]
    folder = unpacked(tmp_path, "voc", [image(1, cells, largest_label=300)])
    assert np.array(Pillow.open(folder / "SegmentationObject" / "1.png")).max() == 300


def test_labelme_has_polygons_and_masks_where_polygons_are_not_enough(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "labelme", [hard_image()])
    shapes = json.loads((folder / "train" / "1.json").read_text())["shapes"]
    assert {each["group_id"]: each["shape_type"] for each in shapes} == {
        1: "polygon", 2: "polygon", 3: "mask", 4: "mask", 6: "polygon", 7: "mask", 8: "mask", 11: "mask",
        12: "polygon", 13: "polygon",
    }  # fmt: skip


def test_imagej_reads_the_rois(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "imagej-roi", [hard_image(), stack_image()])
    rois = roifile.roiread(folder / "rois" / "1.zip")
    again = {}
    for roi in rois:
        rings = [part[:-1] if len(part) > 1 and (part[0] == part[-1]).all() else part for part in _rings(roi)]
        again[int(roi.name.split()[0])] = filled(rings, height=60, width=90)
    for label, mask_hw in by_label(LABELS).items():
        found = np.zeros((60, 90), bool)
        paste(again[label], found, 1)
        assert np.array_equal(found, mask_hw), label
    assert [roi.name.split(" ", 1)[1] for roi in rois[:3]] == ["=immune, “T”", "unclassified", "tumour"]
    places = [(roi.t_position, roi.z_position) for roi in roifile.roiread(folder / "rois" / "2.zip")]
    assert places == [(1, 2), (1, 2), (2, 3)]


def _rings(roi: Any) -> list[Any]:
    found = roi.coordinates(multi=True)
    return found if isinstance(found, list) else [found]


def test_shapely_finds_the_outlines_valid_and_of_the_same_area(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "qupath-geojson", [hard_image(), stack_image()])
    features = json.loads((folder / "geojson" / "1.geojson").read_text())["features"]
    masks = by_label(LABELS)
    for feature in features:
        geometry, mask_hw = shape(feature["geometry"]), masks[feature["properties"]["measurements"]["Label"]]
        assert geometry.is_valid, shapely.is_valid_reason(geometry)
        assert geometry.area == mask_hw.sum()
    assert features[0]["properties"]["classification"] == {"name": "=immune, “T”", "color": [86, 180, 233]}
    stack = json.loads((folder / "geojson" / "2.geojson").read_text())["features"]
    assert stack[2]["geometry"]["plane"] == {"c": -1, "z": 2, "t": 1}


def test_semantic_pictures_ignore_what_is_not_complete(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "semantic-png", [hard_image(regions=(RegionRecord(Bounds(0, 0, 30, 90)),))])
    found = np.array(Pillow.open(folder / "masks" / "train" / "1.png"))
    assert (found[30:] == 255).all()
    assert np.array_equal(found[:30], (np.choose(LABELS % 3, [1, 2, 3]) * (LABELS > 0))[:30])
    ignored = np.array(Pillow.open(folder / "ignore" / "1.png"))
    assert (ignored[30:] == 255).all()
    assert not ignored[:30].any()


def test_the_library_of_hugging_face_loads_the_folder_offline(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "huggingface", [hard_image(), stack_image(), image(3, [], split="test")])
    code = (
        "import sys, datasets, numpy\n"
        f"found = datasets.load_dataset({str(folder)!r}, cache_dir={str(tmp_path / 'cache')!r})\n"
        "row = found['train'][0]\n"
        "print(sorted(found), len(found['train']), row['image'].size, numpy.array(row['mask']).max(),"
        " len(row['bbox']))\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout == "['test', 'train'] 3 (90, 60) 13 10\n", ran.stderr
    described = json.loads((folder / "croissant.json").read_text())
    assert [each["@id"] for each in described["recordSet"]] == ["train", "test"]


def test_the_tracking_challenge_gets_a_file_for_each_frame(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, "ctc", [stack_image()]) / "2"
    assert tiff(folder / "01" / "t001.tif").shape == (3, 30, 50)
    labels_zhw = tiff(folder / "01_GT" / "SEG" / "man_seg001.tif")
    assert [int(plane.max()) for plane in labels_zhw] == [0, 0, 3]
    assert (folder / "01_GT" / "TRA" / "man_track.txt").read_text() == "1 0 0 0\n2 0 0 0\n3 1 1 0\n"


def test_measurements_are_those_of_skimage_and_harmless_in_spreadsheets(tmp_path: Path) -> None:
    import pyarrow.parquet

    one = hard_image(name="=cmd|' /C calc'!A0")
    values_hw = one.pixels.plane_chw(0, 0)[0]
    folder = unpacked(tmp_path, "measurements", [one])
    cells = pyarrow.parquet.read_table(folder / "cells.parquet").to_pylist()
    channels = pyarrow.parquet.read_table(folder / "channels.parquet").to_pylist()
    for row, channel, truth in zip(cells, channels, regionprops(LABELS, values_hw), strict=True):
        assert row["area_px"] == truth.area
        assert (row["centroid_y"], row["centroid_x"]) == pytest.approx(truth.centroid)
        assert row["major_axis_px"] == pytest.approx(truth.axis_major_length)
        assert row["minor_axis_px"] == pytest.approx(truth.axis_minor_length)
        assert channel["mean"] == pytest.approx(truth.intensity_mean)
    assert cells[0]["image"] == "=cmd|' /C calc'!A0"
    text = (folder / "cells.csv").read_text("utf-8-sig")
    assert "'=cmd|" in text
    assert ",'=immune" in text or ",\"'=immune" in text


@pytest.mark.parametrize("prefix", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", " ", "'"])
def test_no_text_begins_as_a_formula_does(prefix: str) -> None:
    """S33: numbers stay numbers, negative ones too."""
    assert spreadsheet_safe(f"{prefix}1+1") == f"'{prefix}1+1"
    assert spreadsheet_safe(-1.5) == -1.5
    assert spreadsheet_safe("plain") == "plain"


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_numbers_that_do_not_fit_are_refused_or_kept(tmp_path: Path, name: str) -> None:
    one = image(1, [cell(70_000, Rle(2, 3, 1, 2, (0, 2)))], largest_label=70_000)
    if name in ("huggingface", "ctc"):
        with pytest.raises(AppError, match="65,535"):
            write(tmp_path / "a.zip", name, [one])
    else:
        assert write(tmp_path / "a.zip", name, [one]).stat().st_size > 0


BYTES = """
import hashlib, pathlib, sys
from annotation.datasets.registry import EXPORTERS
from tests.annotation.datasets.scene import hard_image, write
folder = pathlib.Path(sys.argv[1])
for name in EXPORTERS:
    print(name, hashlib.sha256(write(folder / f"{name}.zip", name, [hard_image()]).read_bytes()).hexdigest())
"""


def test_another_clock_locale_and_hash_seed_give_the_same_bytes(tmp_path: Path) -> None:
    from django.conf import settings

    def hashes(folder: Path, **environment: str) -> str:
        folder.mkdir()
        started = {**os.environ, "SECRET_KEY": settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "webapp.settings"}
        code = f"import django; django.setup()\n{BYTES}"
        return subprocess.run(
            [sys.executable, "-c", code, str(folder)], env={**started, **environment}, text=True, check=True,
            stdout=subprocess.PIPE,
        ).stdout  # fmt: skip

    first = hashes(tmp_path / "a", TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="1")
    second = hashes(tmp_path / "b", TZ="America/Adak", LC_ALL="de_DE.UTF-8", PYTHONHASHSEED="2", PYTHONUTF8="1")
    assert first == second
    assert len(first.splitlines()) == len(EXPORTERS)


def test_outlines_are_exact_for_ragged_masks() -> None:
    from annotation.datasets.outlines import joined, polygons_of
    from inference.rle import encode

    rng = np.random.default_rng(5)
    for density in (0.2, 0.5, 0.8) * 40:
        mask = encode(rng.random(rng.integers(1, 14, 2)) < density, top=2, left=3)
        if mask.area == 0:
            continue
        polygons = polygons_of(mask)
        assert all(shapely.Polygon(each.outer, each.holes).is_valid for each in polygons)
        rings = [np.array(ring) for each in polygons for ring in each.rings]
        assert filled(rings, height=40, width=40) == mask
        assert filled([np.array(joined(polygons))], height=40, width=40) == mask
        assert decode(mask).sum() == sum(shapely.Polygon(each.outer, each.holes).area for each in polygons)
