"""Pascal VOC 2012: boxes in XML, classes and objects as pictures with a palette.

Source: the VOC2012 development kit, sections 3 and 4 (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import Categories
from annotation.datasets.planes import MAX_UINT16, PlaneRecord, picture_of, planes_of, png
from annotation.errors import AppError, ErrorCode
from inference.rle import paste

MOST_INDEXED = 254
"""Objects or classes in a picture with a palette: 0 is background, 255 is VOC's “void”."""
SETS = {"train": "train", "validation": "val", "test": "test"}


def voc_palette() -> bytes:
    """The development kit's colours: the bits of the index, dealt out to red, green and blue from the highest down."""
    colours = np.zeros((256, 3), np.uint8)
    for index in range(256):
        rest, shift = index, 7
        while rest:
            for channel in range(3):
                colours[index, channel] |= (rest >> channel & 1) << shift
            rest, shift = rest >> 3, shift - 1
    return colours.tobytes()


def printable(text: str) -> str:
    """What XML can hold, escaped."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))


class VocExporter:
    """JPEGImages, Annotations, SegmentationObject, SegmentationClass, ImageSets."""

    name = "voc"
    title = "Pascal VOC"
    summary = "Boxes in XML, classes and cells as pictures with a palette."
    layout = (
        "JPEGImages/NAME.png          the image as it is shown, 8 bits; every plane of a stack that has cells is one\n"
        "Annotations/NAME.xml         the box and the class of every cell, pixels from 1 on\n"
        "SegmentationObject/NAME.png  the cells as numbers, in the order of the XML file; 0 is background. With VOC's\n"
        "                             palette up to 254 cells, above that 16 bits without a palette\n"
        "SegmentationClass/NAME.png   the class of every pixel, numbered as in classes.txt\n"
        "ImageSets/Segmentation/*.txt the names of the images of each split"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Four files for each plane, then the lists."""
        categories, sets = Categories(classes), dict[str, list[str]]()
        for image in images:
            for plane in planes_of(image):
                sets.setdefault(SETS[image.folder], []).append(plane.stem)
                _write_plane(sink, image, plane, categories)
        for name, stems in sets.items():
            with sink.file(f"ImageSets/Segmentation/{name}.txt", compress=True) as file:
                file.write("".join(f"{stem}\n" for stem in stems).encode())
        with sink.file("classes.txt", compress=True) as file:
            names = [" ".join(name.split()) for name in categories.names]
            file.write("".join(f"{number} {name}\n" for number, name in enumerate(["background", *names])).encode())


def _write_plane(sink: Sink, image: ImageRecord, plane: PlaneRecord, categories: Categories) -> None:
    objects_hw = np.zeros((image.height, image.width), np.uint16)
    classes_hw = np.zeros((image.height, image.width), np.uint8)
    picture, count = picture_of(image, plane.t, plane.z), 0
    with sink.file(f"Annotations/{plane.stem}.xml", compress=True) as file:
        file.write(_head(image, plane, depth=3 if picture.ndim == 3 else 1).encode())
        for count, cell in enumerate(plane.cells, start=1):
            number = categories.number(cell.label_class)
            _check(count, number, image)
            paste(cell.mask, objects_hw, count)
            paste(cell.mask, classes_hw, number)
            file.write(_object(cell, categories.names[number - 1]).encode())
        file.write(b"</annotation>\n")
    pictures: list[tuple[str, NDArray[Any], bytes | None]] = [
        ("JPEGImages", picture, None),
        ("SegmentationClass", classes_hw, voc_palette()),
        ("SegmentationObject", *_indexed(objects_hw, count)),
    ]
    for folder, values, palette in pictures:
        with sink.file(f"{folder}/{plane.stem}.png", compress=False) as file:
            file.write(png(values, palette=palette))


def _indexed(objects_hw: NDArray[np.uint16], count: int) -> tuple[NDArray[Any], bytes | None]:
    return (objects_hw.astype(np.uint8), voc_palette()) if count <= MOST_INDEXED else (objects_hw, None)


def _check(count: int, number: int, image: ImageRecord) -> None:
    if count > MAX_UINT16 or number > MOST_INDEXED:
        what = f"{MAX_UINT16:,} cells in a plane and {MOST_INDEXED} classes"
        sentence = f"Pascal VOC holds at most {what}, and {image.name} has more. Choose COCO or Label TIFF."
        raise AppError(ErrorCode.TOO_LARGE, sentence)


def _head(image: ImageRecord, plane: PlaneRecord, *, depth: int) -> str:
    return (
        f"<annotation>\n<folder>JPEGImages</folder>\n<filename>{printable(plane.stem)}.png</filename>\n"
        f"<size><width>{image.width}</width><height>{image.height}</height><depth>{depth}</depth></size>\n"
        "<segmented>1</segmented>\n"
    )


def _object(cell: CellRecord, name: str) -> str:
    box = cell.mask
    edge = box.left <= 0 or box.top <= 0
    return (
        f"<object><name>{printable(name)}</name><pose>Unspecified</pose><truncated>{int(edge)}</truncated>"
        f"<difficult>0</difficult><bndbox><xmin>{box.left + 1}</xmin><ymin>{box.top + 1}</ymin>"
        f"<xmax>{box.right}</xmax><ymax>{box.bottom}</ymax></bndbox></object>\n"
    )
