"""One label image for each image: what Cellpose, StarDist, Fiji, napari, CellProfiler and QuPath read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import IO, Any

import tifffile

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from annotation.datasets.planes import every_plane, label_dtype, labels_of


def temporary_file() -> AbstractContextManager[Any]:
    """A file for what cannot be written from its beginning to its end, as a zip wants it, nor kept in
    memory."""
    return tempfile.NamedTemporaryFile()


def _resolution(image: ImageRecord) -> dict[str, Any]:
    """Pixels per centimetre, where the size of a pixel is known."""
    _, height_um, width_um = image.axes.pixel_um
    if height_um is None or width_um is None:
        return {}
    return {"resolution": (1e4 / width_um, 1e4 / height_um), "resolutionunit": "CENTIMETER"}


def _ome(image: ImageRecord) -> dict[str, Any]:
    """What tifffile makes the OME-XML of."""
    about: dict[str, Any] = {"axes": "TZYX", "Name": image.stem, "UUID": f"urn:uuid:{image.id}"}
    for axis, size in zip("ZYX", image.axes.pixel_um, strict=True):
        if size is not None:
            about |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
    if image.axes.time_step is not None:
        about |= {"TimeIncrement": image.axes.time_step, "TimeIncrementUnit": "s"}
    return about


def write_labels(file: IO[bytes], image: ImageRecord, *, ome: bool) -> None:
    """All planes of the image as pages, one after another."""
    pages = (labels_of(image, plane.cells) for plane in every_plane(image))
    shape: tuple[int, ...] = (image.axes.size_t, image.axes.size_z, image.height, image.width)
    dtype = label_dtype(image)
    packing: dict[str, Any] = {"compression": "zlib", "photometric": "minisblack", "software": False}
    packing |= _resolution(image)
    about = _ome(image) if ome else {"axes": "TZYX"} if image.axes.is_stack else None
    if about is None:
        shape = shape[2:]
    tifffile.imwrite(file, pages, shape=shape, dtype=dtype, ome=ome, metadata=about, **packing)


class LabelTiffExporter:
    """labels/NAME.tif, zlib-compressed."""

    name = "label-tiff"
    title = "Label TIFF"
    summary = "One image of cell numbers for each image. For Fiji, CellProfiler, napari, Cellpose, StarDist."
    layout = (
        "labels/NAME.tif  one label image for each image, of the same width and height: 0 is background, every\n"
        "                 other value is one cell and the same number as in Cytomark. 16 bits, or 32 where a\n"
        "                 number is above 65,535. Numbers of deleted cells are missing, so there can be gaps.\n"
        "                 Of a stack or a film all slices and frames are in it, with the axes TZYX."
    )
    suffix = ".tif"
    ome = False

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """Write one file for each image; label images know no classes."""
        for image in images:
            with temporary_file() as file:
                write_labels(file, image, ome=self.ome)
                file.seek(0)
                with sink.file(f"labels/{image.stem}{self.suffix}", compress=False) as target:
                    shutil.copyfileobj(file, target, 1024**2)


class OmeTiffExporter(LabelTiffExporter):
    """The same as OME-TIFF, with axes and physical sizes."""

    name = "ome-tiff"
    title = "OME-TIFF labels"
    summary = "The same with axes and the size of a pixel in the file. For OMERO, QuPath, Fiji."
    layout = (
        "labels/NAME.ome.tif  one label image for each image, axes T, Z, Y, X, with the size of a pixel and the time\n"
        "                     between two frames where they are known: 0 is background, every other value is one\n"
        "                     cell and the same number as in Cytomark. 16 bits, or 32 where a number is above 65,535."
    )
    suffix = ".ome.tif"
    ome = True
