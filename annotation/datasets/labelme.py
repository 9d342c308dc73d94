"""LabelMe: a JSON file beside each picture. Source: https://github.com/wkentaro/labelme (file format 5.5)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import UNCLASSIFIED, JsonWriter
from annotation.datasets.outlines import polygons_of
from annotation.datasets.planes import picture_of, planes_of, png
from inference.rle import decode

VERSION = "5.5.0"


def shapes_of(cell: CellRecord) -> Iterator[dict[str, Any]]:
    """A polygon; where the cell has holes or several parts, which polygons of LabelMe cannot say, a mask."""
    polygons, mask = polygons_of(cell.mask), cell.mask
    shape = {
        "label": cell.label_class.name if cell.label_class else UNCLASSIFIED,
        "group_id": cell.label,
        "description": "",
        "flags": {},
    }
    if len(polygons) == 1 and not polygons[0].holes:
        yield {**shape, "points": polygons[0].outer, "shape_type": "polygon", "mask": None}
        return
    inside = base64.b64encode(png(decode(mask).astype(np.uint8))).decode()
    corners = [[mask.left, mask.top], [mask.right - 1, mask.bottom - 1]]
    yield {**shape, "points": corners, "shape_type": "mask", "mask": inside}


class LabelMeExporter:
    """NAME.png and NAME.json."""

    name = "labelme"
    title = "LabelMe"
    summary = "Pictures and outlines to go on with in LabelMe."
    layout = (
        "NAME.png   the image as it is shown, 8 bits; every plane of a stack that has cells is one\n"
        "NAME.json  its cells: polygons along the edges of pixels, masks where a cell has holes or several parts;\n"
        "           group_id is the cell's number in Cytomark. In a folder for each split, where there are splits."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """Two files for each plane; a cell's class is written out."""
        for image in images:
            for plane in planes_of(image):
                stem = f"{image.folder}/{plane.stem}"
                with sink.file(f"{stem}.json", compress=True) as file:
                    document = JsonWriter(file)
                    document.value("version", VERSION)
                    document.value("flags", {})
                    document.array("shapes", (shape for cell in plane.cells for shape in shapes_of(cell)))
                    document.value("imagePath", f"{plane.stem}.png")
                    document.value("imageData", None)
                    document.value("imageHeight", image.height)
                    document.value("imageWidth", image.width)
                    document.end()
                with sink.file(f"{stem}.png", compress=False) as file:
                    file.write(png(picture_of(image, plane.t, plane.z)))
