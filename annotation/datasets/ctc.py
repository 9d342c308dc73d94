"""The Cell Tracking Challenge's folders. Source: https://public.celltrackingchallenge.net/documents/Naming%20and%20file%20content%20conventions.pdf."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.cellpose import channels_of
from annotation.datasets.planes import MAX_UINT16, every_plane, labels_of
from annotation.errors import AppError, ErrorCode


class CtcExporter:
    """NAME/01, NAME/01_GT/SEG, NAME/01_GT/TRA."""

    name = "ctc"
    title = "Cell Tracking Challenge"
    summary = "Frames and masks in the folders of the Cell Tracking Challenge."
    layout = (
        "NAME/01/t000.tif                      the first channel of each frame, slices as pages\n"
        "NAME/01_GT/SEG/man_seg000.tif         its cells, 16 bits: the numbers of the objects in Cytomark\n"
        "NAME/01_GT/TRA/man_track000.tif       the same as markers\n"
        "NAME/01_GT/TRA/man_track.txt          number, first frame, last frame and parent (0: none) of each\n"
        "                                      track. Who is away for some frames comes back with a new number"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """One folder for each image; the challenge knows no classes."""
        for image in images:
            tracks = Tracks(image)
            for t, labels_zhw in _frames(image, tracks):
                digits = f"{t:0{max(3, len(str(image.axes.size_t - 1)))}}"
                _write(sink, f"{image.stem}/01/t{digits}.tif", _pixels(image, t))
                _write(sink, f"{image.stem}/01_GT/SEG/man_seg{digits}.tif", labels_zhw)
                _write(sink, f"{image.stem}/01_GT/TRA/man_track{digits}.tif", labels_zhw)
            with sink.file(f"{image.stem}/01_GT/TRA/man_track.txt", compress=True) as file:
                file.write("".join(tracks.lines()).encode())


class Tracks:
    """Objects as the challenge has them: a track is in each frame from its first to its last. An object that is away
    for some frames comes back under another number, whose parent is the one that it had."""

    def __init__(self, image: ImageRecord) -> None:
        self._name, self._largest = image.name, image.largest_label
        self._numbers: dict[int, int] = {}
        self._spans: dict[int, tuple[int, int]] = {}
        self._parents: dict[int, int] = {}
        self._check()

    def _check(self) -> None:
        if self._largest > MAX_UINT16:
            sentence = f"The challenge's files hold cell numbers up to 65,535, and {self._name} has more."
            raise AppError(ErrorCode.TOO_LARGE, f"{sentence} Choose OME-TIFF or OME-Zarr.")

    def number(self, cell: CellRecord) -> int:
        """Of the cell's track. Cells come frame by frame."""
        number = self._numbers.setdefault(cell.label, cell.label)
        first, last = self._spans.get(number, (cell.t, cell.t))
        if cell.t > last + 1:
            self._largest += 1
            self._check()
            self._parents[self._largest] = number
            number = self._numbers[cell.label] = self._largest
            first = cell.t
        elif number not in self._spans and cell.parent is not None:
            # The mother's track is the one that she had last.
            self._parents[number] = self._numbers.get(cell.parent, cell.parent)
        self._spans[number] = (first, cell.t)
        return number

    def lines(self) -> Iterator[str]:
        """man_track.txt. A mother is named that was there before her daughter, and has ended."""
        for number, (first, last) in sorted(self._spans.items()):
            parent = self._parents.get(number, 0)
            ended = parent in self._spans and self._spans[parent][1] < first
            yield f"{number} {first} {last} {parent if ended else 0}\n"


def _frames(image: ImageRecord, tracks: Tracks) -> Iterator[tuple[int, NDArray[Any]]]:
    """Each frame's tracks (slice, row, column)."""
    for t, planes in groupby(every_plane(image), key=lambda plane: plane.t):
        # One plane after another: the cells are read once, in this order.
        yield t, np.stack([labels_of(image, _renumbered(plane.cells, tracks)) for plane in planes])


def _renumbered(cells: Iterable[CellRecord], tracks: Tracks) -> Iterator[CellRecord]:
    return (replace(cell, label=tracks.number(cell)) for cell in cells)


def _pixels(image: ImageRecord, t: int) -> NDArray[Any]:
    planes = [channels_of(image, t, z) for z in range(image.axes.size_z)]
    return np.stack([plane if plane.ndim == 2 else plane[0] for plane in planes])


def _write(sink: Sink, path: str, values_zhw: NDArray[Any]) -> None:
    values = values_zhw[0] if len(values_zhw) == 1 else values_zhw
    file = io.BytesIO()
    tifffile.imwrite(file, values, compression="zlib", photometric="minisblack", metadata=None, software=False)
    with sink.file(path, compress=False) as target:
        target.write(file.getbuffer())
