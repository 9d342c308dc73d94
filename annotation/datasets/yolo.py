"""Ultralytics YOLO segmentation: pictures, a text file of polygons for each, and data.yaml.

Source: https://docs.ultralytics.com/datasets/segment/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import Categories
from annotation.datasets.outlines import joined, polygons_of
from annotation.datasets.planes import picture_of, planes_of, png

FOLDERS = {"train": "train", "validation": "val", "test": "test"}


def line_of(cell: CellRecord, image: ImageRecord, *, number: int) -> str:
    """The class's number from 0, then x and y of each corner as shares of width and height."""
    corners = joined(polygons_of(cell.mask))
    shares = " ".join(f"{x / image.width:.7g} {y / image.height:.7g}" for x, y in corners)
    return f"{number} {shares}\n"


class YoloExporter:
    """images/…/NAME.png, labels/…/NAME.txt, data.yaml."""

    name = "yolo-seg"
    title = "YOLO segmentation"
    summary = "Pictures and outlines for Ultralytics' yolo segment train."
    layout = (
        "images/train/NAME.png  the image as it is shown, 8 bits; every plane of a stack that has cells is one\n"
        "labels/train/NAME.txt  one line for each cell: its class from 0, then x y of each corner of its outline as\n"
        "                       shares of width and height. A cell in several parts, or with holes, is one line that\n"
        "                       goes out to each part and back.\n"
        "images/val, images/test, labels/val, labels/test   validation and test images, where there are splits\n"
        "data.yaml              folders and the names of the classes, for `yolo segment train data=data.yaml`"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """A picture and a list for each plane, then data.yaml."""
        categories, used = Categories(classes, first=0), set[str]()
        for image in images:
            folder = FOLDERS[image.folder]
            used.add(folder)
            for plane in planes_of(image):
                with sink.file(f"labels/{folder}/{plane.stem}.txt", compress=True) as file:
                    for cell in plane.cells:
                        number = categories.number(cell.label_class)
                        file.write(line_of(cell, image, number=number).encode())
                with sink.file(f"images/{folder}/{plane.stem}.png", compress=False) as file:
                    file.write(png(picture_of(image, plane.t, plane.z)))
        with sink.file("data.yaml", compress=True) as file:
            file.write(_yaml(categories.names, used).encode())


def _yaml(names: list[str], used: set[str]) -> str:
    """JSON's strings are YAML's. What is not there points to the training images, as Ultralytics wants both."""
    folders = [(key, key if key in used else "train") for key in ("train", "val")] + [("test", "test")] * (
        "test" in used
    )
    lines = [f"{key}: images/{folder}" for key, folder in folders]
    return "\n".join(["path: .", *lines, "names:", *(f"  {n}: {json.dumps(name)}" for n, name in enumerate(names)), ""])
