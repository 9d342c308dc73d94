"""COCO instances with compressed run lengths, as pycocotools reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from inference.rle import Rle, decode


def column_counts(mask: Rle, *, height: int, width: int) -> NDArray[np.int64]:
    """Run lengths of the mask in a whole image of ``height`` × ``width``, read column by column, background first.

    Costs what the mask's own box costs, not what the image costs. The mask lies inside the image.
    """
    crop_wh = np.pad(decode(mask).T.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(crop_wh, axis=1)
    columns, rows = np.nonzero(steps == 1)
    starts = (columns + mask.left) * height + rows + mask.top
    columns, rows = np.nonzero(steps == -1)
    ends = (columns + mask.left) * height + rows + mask.top
    # A run that fills its column to the bottom goes on at the top of the next.
    apart = starts[1:] != ends[:-1]
    starts, ends = starts[np.r_[True, apart]], ends[np.r_[apart, True]]
    edges = np.stack([starts, ends], axis=1).ravel()
    tail = [height * width] if ends[-1] < height * width else []
    return np.diff(np.concatenate([[0], edges, tail])).astype(np.int64)


def compressed(mask: Rle, *, height: int, width: int) -> dict[str, Any]:
    """The mask as COCO's {"size": [height, width], "counts": text}."""
    counts = column_counts(mask, height=height, width=width).tolist()
    found = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": found["counts"].decode("ascii")}


class _Categories:
    """Numbers from 1 in the project's order of classes; what else turns up comes after them."""

    def __init__(self, classes: Iterable[ClassRecord]) -> None:
        self._classes: list[ClassRecord | None] = list(classes)
        self._numbers = {one.id if one else None: n for n, one in enumerate(self._classes, start=1)}

    def number(self, label_class: ClassRecord | None) -> int:
        key = label_class.id if label_class else None
        if key not in self._numbers:
            self._classes.append(label_class)
            self._numbers[key] = len(self._classes)
        return self._numbers[key]

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number,
                "name": one.name if one else "unclassified",
                "supercategory": "cell",
                "cytomark": {"class_id": one.id, "colour": one.colour} if one else {"class_id": None},
            }
            for number, one in enumerate(self._classes, start=1)
        ]


class _Json:
    """Writes {"key": [items…], …} item by item."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._separator = "{"

    def array(self, key: str, items: Iterable[dict[str, Any]]) -> None:
        self._file.write(f"{self._separator}\n{json.dumps(key)}: [".encode())
        separator = "\n"
        for item in items:
            text = json.dumps(item, separators=(",", ":"), allow_nan=False)
            self._file.write(f"{separator}{text}".encode())
            separator = ",\n"
        self._file.write(b"\n]")
        self._separator = ","

    def end(self) -> None:
        self._file.write(b"\n}\n")


class CocoExporter:
    """annotations.json."""

    name = "coco"
    title = "COCO"
    layout = (
        "annotations.json  COCO instances: images, categories, annotations with compressed run lengths\n"
        "                  (pycocotools decodes them), bbox as x, y, width, height, area in pixels. “cytomark” in\n"
        "                  an annotation says which cell it is (its number and id) and where the mask came from.\n"
        "                  Of a stack or a film every plane is an image of its own, with t and z in “cytomark”."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Annotations first: the rows of images and categories are known, and small, at the end."""
        categories, rows = _Categories(classes), list[dict[str, Any]]()
        with sink.file("annotations.json", compress=True) as file:
            document = _Json(file)
            document.array("annotations", self._annotations(images, categories, rows))
            document.array("images", rows)
            document.array("categories", categories.rows())
            document.end()

    def _annotations(
        self, images: Iterable[ImageRecord], categories: _Categories, rows: list[dict[str, Any]]
    ) -> Iterable[dict[str, Any]]:
        number = 0
        for image in images:
            first = len(rows) + 1
            rows.extend(_image(image, number=first + plane, plane=plane) for plane in range(image.planes))
            for cell in image.cells:
                number += 1
                row = _annotation(cell, image, number=number, category=categories.number(cell.label_class))
                yield {**row, "image_id": first + cell.t * image.size_z + cell.z}


def _image(image: ImageRecord, *, number: int, plane: int) -> dict[str, Any]:
    """One plane of an image; they have its file name in common."""
    where = {"t": plane // image.size_z, "z": plane % image.size_z} if image.planes > 1 else {}
    return {
        "id": number,
        "file_name": f"{image.stem}{image.suffix}",
        "width": image.width,
        "height": image.height,
        "cytomark": {
            "id": str(image.id),
            "name": image.name,
            "sha256": image.file_sha256,
            "clock": image.clock,
            **where,
        },
    }


def _annotation(cell: CellRecord, image: ImageRecord, *, number: int, category: int) -> dict[str, Any]:
    origin = {key: cell.provenance.get(key, "") for key in ("source", "engine", "weights")}
    return {
        "id": number,
        "category_id": category,
        "iscrowd": 0,
        "bbox": [cell.mask.left, cell.mask.top, cell.mask.width, cell.mask.height],
        "area": cell.mask.area,
        "segmentation": compressed(cell.mask, height=image.height, width=image.width),
        "cytomark": {"id": str(cell.id), "label": cell.label, **origin, "created_by": cell.created_by},
    }
