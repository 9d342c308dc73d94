"""ImageJ's ROI manager: a zip of .roi files for each image. Source: ij.io.RoiDecoder, as roifile writes it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable

import numpy as np
import roifile

from annotation.datasets.archive import ZipSink
from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import UNCLASSIFIED, colour_of
from annotation.datasets.label_tiff import temporary_file
from annotation.datasets.outlines import polygons_of

_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0
"""Steps of a path: java.awt.geom.PathIterator."""
MOST_POINTS = 65_535
_FAR = 32_767
"""ImageJ keeps whole coordinates in 16 bits."""


def roi_of(cell: CellRecord) -> roifile.ImagejRoi:
    """A polygon along the edges of pixels; a composite where the cell has holes or several parts, or lies so far out
    that whole coordinates do not reach. The position is from 1."""
    polygons = polygons_of(cell.mask)
    outer = polygons[0].outer
    plain = len(polygons) == 1 and not polygons[0].holes and len(outer) <= MOST_POINTS
    if plain and max(cell.mask.right, cell.mask.bottom) <= _FAR:
        roi = roifile.ImagejRoi.frompoints(np.array(outer, np.int32))
        roi.roitype = roifile.ROI_TYPE.POLYGON
    else:
        roi = _composite(cell, [ring for polygon in polygons for ring in polygon.rings])
    red, green, blue = colour_of(cell.label_class)
    roi.stroke_color = bytes((255, red, green, blue))
    roi.name = f"{cell.label:05} {cell.label_class.name if cell.label_class else UNCLASSIFIED}"
    roi.t_position, roi.z_position, roi.c_position = cell.t + 1, cell.z + 1, 0
    return roi


def _composite(cell: CellRecord, rings: list[list[tuple[int, int]]]) -> roifile.ImagejRoi:
    path: list[float] = []
    for ring in rings:
        for number, (x, y) in enumerate(ring):
            path += [_LINE if number else _MOVE, float(x), float(y)]
        path.append(_CLOSE)
    roi = roifile.ImagejRoi()
    roi.roitype = roifile.ROI_TYPE.RECT
    roi.top, roi.left, roi.bottom, roi.right = cell.mask.top, cell.mask.left, cell.mask.bottom, cell.mask.right
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    roi.n_coordinates = 0
    return roi


class ImageJExporter:
    """rois/NAME.zip."""

    name = "imagej-roi"
    title = "ImageJ ROIs"
    summary = "One ROI for each cell, for Fiji's ROI manager."
    layout = (
        "rois/NAME.zip  one ROI for each cell, along the edges of its pixels, for Fiji's ROI manager (drop the zip on\n"
        "               Fiji's window). A ROI's name is the cell's number and its class; its position is the slice\n"
        "               and the frame. Cells with holes or several parts are composite ROIs."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """One zip for each image; a cell's class is in its ROI's name and colour."""
        for image in images:
            with temporary_file() as whole:
                with zipfile.ZipFile(whole, "w") as archive:
                    inner = ZipSink(archive)
                    for cell in image.cells:
                        with inner.file(f"{cell.label:05}.roi", compress=True) as file:
                            file.write(roi_of(cell).tobytes())
                whole.seek(0)
                with sink.file(f"rois/{image.stem}.zip", compress=False) as target:
                    shutil.copyfileobj(whole, target, 1024**2)
