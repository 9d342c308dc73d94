"""One picture of classes for each plane: what semantic segmentation trains on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import Categories, colour_of, pretty
from annotation.datasets.planes import PlaneRecord, picture_of, planes_of, png
from annotation.datasets.regions import partly_of
from annotation.errors import AppError, ErrorCode
from inference.rle import paste

IGNORED = 255
"""Pixels outside of the regions in which every cell is annotated."""


class SemanticExporter:
    """images/…/NAME.png, masks/…/NAME.png, classes.json."""

    name = "semantic-png"
    title = "Semantic PNG"
    summary = "Pictures of classes, for semantic segmentation; what is not complete is marked to be ignored."
    layout = (
        "images/SPLIT/NAME.png  the image as it is shown, 8 bits; every plane of a stack that has cells is one\n"
        "masks/SPLIT/NAME.png   the class of every pixel, with a palette: 0 is background, 255 is to be ignored,\n"
        "                       the others are in classes.json. Which pixels are one cell is not in it."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Two pictures for each plane, then the list of classes. Classes that appear only later have no colour in
        earlier pictures' palettes, so all colours come from the project's list."""
        categories = Categories(classes)
        palette = _palette(categories)
        for image in images:
            for plane in planes_of(image):
                with sink.file(f"masks/{image.folder}/{plane.stem}.png", compress=False) as file:
                    file.write(png(_classes(image, plane, categories), palette=palette))
                with sink.file(f"images/{image.folder}/{plane.stem}.png", compress=False) as file:
                    file.write(png(picture_of(image, plane.t, plane.z)))
        with sink.file("classes.json", compress=True) as file:
            named = [{"value": number, "name": name} for number, name, _ in categories.named()]
            file.write(pretty([{"value": 0, "name": "background"}, *named, {"value": IGNORED, "name": "ignore"}]))


def _palette(categories: Categories) -> bytes:
    colours = np.full((256, 3), 153, np.uint8)
    colours[0] = 0
    colours[IGNORED] = 255
    for number, _, one in categories.named()[: IGNORED - 1]:
        colours[number] = colour_of(one)
    return colours.tobytes()


def _classes(image: ImageRecord, plane: PlaneRecord, categories: Categories) -> NDArray[np.uint8]:
    classes_hw = np.zeros((image.height, image.width), np.uint8)
    for cell in plane.cells:
        number = categories.number(cell.label_class)
        if number >= IGNORED:
            sentence = (
                f"A picture of classes holds at most {IGNORED - 1} classes, and the project has more. Choose COCO."
            )
            raise AppError(ErrorCode.TOO_LARGE, sentence)
        paste(cell.mask, classes_hw, number)
    if image.regions:
        classes_hw[partly_of(image, plane.t, plane.z).outside()] = IGNORED
    return classes_hw
