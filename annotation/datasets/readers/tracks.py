"""The Cell Tracking Challenge's folders: reference (SEG with TRA), silver reference (ST) and results (RES). Runs behind
walls: no Django. Source of the names: see annotation.datasets.ctc."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.readers.found import Cells, FoundCell, FoundPlane, part
from annotation.datasets.readers.labels import cells_of, tiff_planes
from annotation.imaging.readers.archive import Archive
from annotation.imaging.refusals import RefusalError
from inference.rle import Rle, decode

_MASKS = re.compile(r"((?:.*/)?\d\d)_(?:(?:GT|ST)/SEG/man_seg|RES/mask)(\d{3,5})\.tif\Z")
_ROW = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\Z")


class Tracks:
    """Which object each track is part of, and which divided into it.

    The challenge has no track with a gap: what comes back gets a new number whose parent is the old one. So an only
    child that does not follow at once is its parent again.
    """

    def __init__(self, text: str) -> None:
        rows = [found for line in text.splitlines() if line.strip() for found in [_ROW.match(line)]]
        if None in rows:
            raise RefusalError("a line of its list of tracks is not four whole numbers")
        tracks = {int(row[1]): (int(row[2]), int(row[3]), int(row[4])) for row in rows if row}
        children = Counter(parent for _, _, parent in tracks.values())
        self._same: dict[int, int] = {}
        self._parents: dict[int, int] = {}
        for number, (first, _, parent) in sorted(tracks.items(), key=lambda item: item[1][0]):
            if parent not in tracks or parent == number:
                continue
            if children[parent] == 1 and first > tracks[parent][1] + 1:
                self._same[number] = self.object(parent)
            else:
                self._parents[number] = parent

    def object(self, number: int) -> int:
        """The object's number: that of its first track."""
        return self._same.get(number, number)

    def parent(self, number: int) -> int | None:
        """The object that divided into this one."""
        parent = self._parents.get(self.object(number))
        return None if parent is None else self.object(parent)


def read_ctc(archive: Archive) -> Iterator[FoundPlane]:
    """NAME/01_GT/SEG/man_seg000.tif with NAME/01_GT/TRA, or NAME/01_RES/mask000.tif."""
    known: dict[str, Tracks] = {}
    for name in sorted(archive.names):
        found = _MASKS.match(name)
        if not found:
            continue
        sequence, is_result = found[1], "_RES/" in name
        listed = f"{sequence}_RES/res_track.txt" if is_result else f"{sequence}_GT/TRA/man_track.txt"
        if listed not in known:
            known[listed] = Tracks(part(archive, listed).decode("ascii", "replace") if listed in archive.names else "")
        markers = f"{sequence}_GT/TRA/man_track{found[2]}.tif"
        beside = None if is_result or markers not in archive.names else tiff_planes(part(archive, markers))[0]
        planes = tiff_planes(part(archive, name))[0]
        if beside is not None and beside.shape != planes.shape:
            raise RefusalError("its masks and its markers are not of one size")
        folder, _, number = sequence.rpartition("/")
        for z, labels_hw in enumerate(planes):
            marked_hw = labels_hw if beside is None else beside[z]
            cells = partial(_tracked, labels_hw, marked_hw, known[listed])
            yield FoundPlane(folder.split("/")[-1] or number, cells, int(found[2]), z if len(planes) > 1 else None)


def _tracked(labels_hw: NDArray[Any], marked_hw: NDArray[Any], tracks: Tracks, height: int, width: int) -> Cells:
    """The masks with the tracks of the markers inside of them: masks have numbers of their own in the references."""
    for cell in cells_of(labels_hw, height, width):
        number = cell.number if marked_hw is labels_hw else _marker(marked_hw, cell.mask)
        if number is None:
            yield FoundCell("", cell.mask)
        else:
            yield FoundCell("", cell.mask, tracks.object(number), tracks.parent(number))


def _marker(marked_hw: NDArray[Any], mask: Rle) -> int | None:
    """The marker that has most pixels of the mask."""
    under = marked_hw[mask.top : mask.bottom, mask.left : mask.right][decode(mask)]
    numbers, pixels = np.unique(under[under > 0], return_counts=True)
    return int(numbers[pixels.argmax()]) if len(numbers) else None
