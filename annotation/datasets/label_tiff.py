"""One label image for each image: what Cellpose, StarDist, Fiji, napari, CellProfiler and QuPath read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from inference.rle import paste

MAX_UINT16 = 65_535


def label_planes(image: ImageRecord) -> Iterator[NDArray[Any]]:
    """labels_hw of every slice of every frame, in that order: uint16, or uint32 where a label does not fit; 0 is
    background, a cell's pixels have its label."""
    dtype = np.uint32 if image.largest_label > MAX_UINT16 else np.uint16
    by_plane = groupby(image.cells, key=lambda cell: cell.t * image.size_z + cell.z)
    following = next(by_plane, None)
    for number in range(image.planes):
        labels_hw = np.zeros((image.height, image.width), dtype)
        if following is not None and following[0] == number:
            for cell in following[1]:
                paste(cell.mask, labels_hw, cell.label)
            following = next(by_plane, None)
        yield labels_hw


def _packed(image: ImageRecord) -> io.BytesIO:
    """The TIFF file: one page for an image of one plane, otherwise the axes TZYX, written plane by plane."""
    file = io.BytesIO()
    dtype = np.uint32 if image.largest_label > MAX_UINT16 else np.uint16
    stack = image.planes > 1
    shape = (image.size_t, image.size_z, image.height, image.width) if stack else (image.height, image.width)
    tifffile.imwrite(
        file,
        label_planes(image),
        shape=shape,
        dtype=dtype,
        compression="zlib",
        photometric="minisblack",
        metadata={"axes": "TZYX"} if stack else None,
        software=False,
    )
    return file


class LabelTiffExporter:
    """labels/NAME.tif, zlib-compressed."""

    name = "label-tiff"
    title = "Label TIFF"
    layout = (
        "labels/NAME.tif  one label image for each image, of the same width and height: 0 is background, every\n"
        "                 other value is one cell and the same number as in Cytomark. 16 bits, or 32 where a\n"
        "                 number is above 65,535. Numbers of deleted cells are missing, so there can be gaps.\n"
        "                 Of a stack or a film all slices and frames are in it, with the axes TZYX."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """Write one file for each image; label images know no classes."""
        for image in images:
            # TIFF is written back and forth, a zip only forth; compressed labels are small.
            file = _packed(image)
            with sink.file(f"labels/{image.stem}.tif", compress=False) as target:
                target.write(file.getbuffer())
