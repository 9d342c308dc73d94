"""COCO instances with compressed run lengths, as pycocotools reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import Categories, JsonWriter
from annotation.datasets.outlines import polygons_of
from annotation.datasets.planes import PlaneRecord, every_plane
from inference.rle import Rle, decode


def column_counts(mask: Rle, *, height: int, width: int) -> NDArray[np.int64]:
    """Run lengths of the mask in a whole image of ``height`` × ``width``, read column by column, background first.

    Costs what the mask's own box costs, not what the image costs. The mask lies inside the image.
    """
    # Column after column with a pixel of background at both ends: edges come in pairs, and none crosses a column.
    stride, total = mask.height + 2, height * width
    columns_wh = np.zeros((mask.width, stride), np.bool_)
    columns_wh[:, 1:-1] = decode(mask).T
    flat = columns_wh.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    edges += edges // stride * (height - stride) + mask.left * height + mask.top
    if mask.height == height:
        # A run that fills its column to the bottom goes on at the top of the next.
        met = np.flatnonzero(edges[1:] == edges[:-1])
        edges = np.delete(edges, np.concatenate([met, met + 1]))
    counts = np.empty(len(edges) + 1, np.int64)
    counts[0], counts[1:-1], counts[-1] = edges[0], edges[1:] - edges[:-1], total - edges[-1]
    return counts if counts[-1] else counts[:-1]


def compressed(mask: Rle, *, height: int, width: int) -> dict[str, Any]:
    """The mask as COCO's {"size": [height, width], "counts": text}."""
    counts = column_counts(mask, height=height, width=width).tolist()
    found = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": found["counts"].decode("ascii")}


class CocoExporter:
    """annotations.json."""

    name = "coco"
    title = "COCO"
    summary = "One JSON file with every cell as run lengths, with its class. For training detectors."
    layout = (
        "annotations.json  COCO instances: images, categories, annotations with compressed run lengths\n"
        "                  (pycocotools decodes them), bbox as x, y, width, height, area in pixels. “cytomark” in\n"
        "                  an annotation says which cell it is (its number, its id, its mother's number), what a\n"
        "                  reviewer said of it, and where the mask came from. Cells of several planes with one\n"
        "                  number are one object.\n"
        "                  Of a stack or a film every plane is an image of its own, with t and z in “cytomark”."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Annotations first: the rows of images and categories are known, and small, at the end."""
        categories, rows = Categories(classes), list[dict[str, Any]]()
        with sink.file("annotations.json", compress=True) as file:
            document = JsonWriter(file)
            document.array("annotations", self._annotations(images, categories, rows))
            document.array("images", rows)
            document.array("categories", _category_rows(categories))
            document.end()

    def segmentation(self, cell: CellRecord, image: ImageRecord) -> Any:
        """The mask as COCO has it."""
        return compressed(cell.mask, height=image.height, width=image.width)

    def _annotations(
        self, images: Iterable[ImageRecord], categories: Categories, rows: list[dict[str, Any]]
    ) -> Iterable[dict[str, Any]]:
        number = plane = 0
        for image in images:
            for each in every_plane(image):
                plane += 1
                for cell in each.cells:
                    number += 1
                    mask = self.segmentation(cell, image)
                    category = categories.number(cell.label_class)
                    yield _annotation(cell, mask, number=number, image=plane, category=category)
                rows.append(_image(image, each, number=plane))


class CocoPolygonExporter(CocoExporter):
    """The same with polygons."""

    name = "coco-polygon"
    title = "COCO polygons"
    summary = "The same with polygons, for programs that read no run lengths. Holes are filled."
    layout = (
        "annotations.json  COCO instances: images, categories, annotations with polygons along the edges of pixels\n"
        "                  (a cell in several parts has several), bbox as x, y, width, height, area in pixels.\n"
        "                  COCO's polygons have no holes: holes are filled. Choose COCO where that matters."
    )

    def segmentation(self, cell: CellRecord, image: ImageRecord) -> Any:  # noqa: ARG002
        """The outer rings, [[x, y, x, y, …], …]."""
        return [[value for corner in polygon.outer for value in corner] for polygon in polygons_of(cell.mask)]


def _category_rows(categories: Categories) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "supercategory": "cell",
            "cytomark": {"class_id": one.id, "colour": one.colour} if one else {"class_id": None},
        }
        for number, name, one in categories.named()
    ]


def _image(image: ImageRecord, plane: PlaneRecord, *, number: int) -> dict[str, Any]:
    """A plane of a stack is an image of its own."""
    about = {"id": str(image.id), "name": image.name, "sha256": image.file_sha256, "clock": image.clock}
    return {
        "id": number,
        "file_name": f"{plane.stem}{image.suffix}",
        "width": image.width,
        "height": image.height,
        "cytomark": {**about, "t": plane.t, "z": plane.z, "split": image.split},
    }


def _annotation(cell: CellRecord, mask: Any, *, number: int, image: int, category: int) -> dict[str, Any]:
    origin = {key: cell.provenance.get(key, "") for key in ("source", "engine", "weights")}
    about = {"id": str(cell.id), "verdict": cell.verdict.judgement if cell.verdict else None}
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "iscrowd": 0,
        "bbox": [cell.mask.left, cell.mask.top, cell.mask.width, cell.mask.height],
        "area": cell.mask.area,
        "segmentation": mask,
        "cytomark": {**about, "label": cell.label, "parent": cell.parent, **origin, "created_by": cell.created_by},
    }
