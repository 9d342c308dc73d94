"""One label image for each image: what Cellpose, StarDist, Fiji, napari, CellProfiler and QuPath read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from inference.rle import paste

MAX_UINT16 = 65_535


def labels_of(image: ImageRecord) -> NDArray[Any]:
    """labels_hw: uint16, or uint32 where a label does not fit; 0 is background, a cell's pixels have its label."""
    dtype = np.uint32 if image.largest_label > MAX_UINT16 else np.uint16
    labels_hw = np.zeros((image.height, image.width), dtype)
    for cell in image.cells:
        paste(cell.mask, labels_hw, cell.label)
    return labels_hw


class LabelTiffExporter:
    """labels/NAME.tif, zlib-compressed."""

    name = "label-tiff"
    title = "Label TIFF"
    layout = (
        "labels/NAME.tif  one label image for each image, of the same width and height: 0 is background, every\n"
        "                 other value is one cell and the same number as in Cytomark. 16 bits, or 32 where a\n"
        "                 number is above 65,535. Numbers of deleted cells are missing, so there can be gaps."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """Write one file for each image; label images know no classes."""
        for image in images:
            # TIFF is written back and forth, a zip only forth; compressed labels are small.
            file = io.BytesIO()
            tifffile.imwrite(
                file, labels_of(image), compression="zlib", photometric="minisblack", metadata=None, software=False
            )
            with sink.file(f"labels/{image.stem}.tif", compress=False) as target:
                target.write(file.getbuffer())
