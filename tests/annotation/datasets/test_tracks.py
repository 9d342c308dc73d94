"""Objects over slices and frames, and who divided into whom, out and in again."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import tifffile

from annotation.datasets.base import Axes, ImageRecord
from annotation.datasets.readers.found import Target
from annotation.datasets.readers.program import CELLS, read
from annotation.datasets.readers.tracks import Tracks
from annotation.imaging.refusals import RefusalError
from inference.rle import Rle, encode
from tests.annotation.datasets.scene import ArrayPixels, cell, image, unpacked, write
from tests.annotation.datasets.test_readers import read_file


def square(top: int, left: int) -> Rle:
    return encode(np.ones((4, 4), bool), top=top, left=left)


def film() -> ImageRecord:
    """Object 1 divides into 2 and 3 after frame 1; 4 is away in frame 1, and on both slices before."""
    cells = [
        cell(1, square(2, 2)), cell(4, square(20, 2)), cell(4, square(20, 3), z=1), cell(1, square(2, 3), t=1),
        cell(2, square(2, 2), t=2, parent=1), cell(3, square(8, 8), t=2, parent=1), cell(4, square(20, 5), t=2),
        cell(3, square(9, 8), t=3, parent=1),
    ]  # fmt: skip
    values = np.zeros((4, 1, 2, 30, 50), np.uint8)
    axes = Axes(size_t=4, size_z=2)
    return image(3, cells, name="film.tif", stem="film", axes=axes, pixels=ArrayPixels(values), largest_label=4)


def test_the_tracking_challenge_is_told_who_divided_and_who_came_back(tmp_path: Path) -> None:
    tracks = unpacked(tmp_path, "ctc", [film()]) / "film" / "01_GT" / "TRA" / "man_track.txt"
    assert tracks.read_text() == "1 0 1 0\n2 2 2 1\n3 2 3 1\n4 0 0 0\n5 2 2 4\n"


@pytest.mark.parametrize("name", ["ctc", "label-tiff", "ome-tiff", "coco", "ome-zarr"])
def test_objects_over_planes_and_their_mothers_come_back(tmp_path: Path, name: str) -> None:
    target = Target(0, "film.tif", "f" * 64, 30, 50, 4, 2)
    (tmp_path / "out").mkdir()
    with write(tmp_path / "a.zip", name, [film()]).open("rb") as file:
        result = read(file, tmp_path / "out", name="a.zip", chosen="", images=[target])
    assert result["ok"], result
    lines = [json.loads(line) for line in (tmp_path / "out" / CELLS).read_text().splitlines()]
    planes = defaultdict(set)
    for _, t, z, _, _, _, number, _ in lines:
        planes[number].add((t, z))
    assert planes == {1: {(0, 0), (1, 0)}, 2: {(2, 0)}, 3: {(2, 0), (3, 0)}, 4: {(0, 0), (0, 1), (2, 0)}}
    mothers = {(number, parent) for *_, number, parent in lines if parent is not None}
    assert mothers == (set() if name.endswith("tiff") else {(2, 1), (3, 1)})


def test_masks_of_a_reference_get_the_tracks_of_the_markers_in_them(tmp_path: Path) -> None:
    masks_hw, markers_hw = np.zeros((2, 60, 90), np.uint16)
    masks_hw[5:15, 5:15], masks_hw[30:40, 30:40], markers_hw[8:12, 8:12] = 1, 2, 7
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, values_hw in (("SEG/man_seg", masks_hw), ("TRA/man_track", markers_hw)):
            written = io.BytesIO()
            tifffile.imwrite(written, values_hw)
            archive.writestr(f"1/01_GT/{name}000.tif", written.getvalue())
        archive.writestr("1/01_GT/TRA/man_track.txt", "7 0 3 0\n")
    result, lines = read_file(tmp_path / "a.zip", tmp_path / "out")
    assert result["ok"], result
    assert [line[6] for line in lines] == [7, None]


def test_a_broken_list_of_tracks_is_refused() -> None:
    for text in ("1 0 x 0", "1 0 2", "-1 0 2 0"):
        with pytest.raises(RefusalError, match="four whole numbers"):
            Tracks(text)
    assert Tracks("2 5 6 2\n3 1 1 9\n").parent(3) is None, "mothers that are not there are none"
