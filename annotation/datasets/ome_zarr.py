"""OME-Zarr 0.5 with the cells as a label image. Source: https://ngff.openmicroscopy.org/0.5/#labels-md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import UNCLASSIFIED, colour_of, pretty
from annotation.datasets.planes import every_plane, labels_of
from annotation.imaging.layout import TILE, Level, label_array, label_scales, levels_of
from annotation.imaging.pyramid import ZSTD_LEVEL

LABELS = "labels/cells"


class OmeZarrExporter:
    """NAME.ome.zarr."""

    name = "ome-zarr"
    title = "OME-Zarr with labels"
    summary = "The images with all channels, slices and frames, and the cells as labels. For napari, Fiji, zarr."
    layout = (
        "NAME.ome.zarr               the image as an OME-Zarr 0.5 pyramid, all channels, slices and frames\n"
        "NAME.ome.zarr/labels/cells  the cells on it, axes t, z, y, x, 32 bits: 0 is background, every other value is\n"
        "                            one cell and the same number as in Cytomark; classes and colours by number"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """The pyramid as it lies on disk, then the labels."""
        for image in images:
            root = f"{image.stem}.ome.zarr"
            for path, source in image.pixels.files():
                with sink.file(f"{root}/{path}", compress=False) as target, source.open("rb") as file:
                    shutil.copyfileobj(file, target, 1024**2)
            _write_labels(sink, f"{root}/{LABELS}", image)
            with sink.file(f"{root}/labels/zarr.json", compress=True) as file:
                file.write(_group({"version": "0.5", "labels": ["cells"]}))


def _group(ome: dict[str, Any]) -> bytes:
    return pretty({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}})


def _write_labels(sink: Sink, root: str, image: ImageRecord) -> None:
    levels, told = levels_of(image.height, image.width), list[tuple[int, dict[str, Any], tuple[int, int, int]]]()
    for plane in every_plane(image):
        cells = _noted(plane.cells, told)
        labels_hw = labels_of(image, cells).astype(np.uint32, copy=False)
        for number, level in enumerate(levels):
            _write_level(sink, f"{root}/{number}/c/{plane.t}/{plane.z}", labels_hw, level)
            # A label has no mean: every second row and column.
            labels_hw = labels_hw[::2, ::2]
    axes = image.axes
    for number, level in enumerate(levels):
        with sink.file(f"{root}/{number}/zarr.json", compress=True) as file:
            file.write(json.dumps(label_array(axes.size_t, axes.size_z, level), indent=1).encode())
    # An object has one entry, however many planes it is on.
    told = list({each[0]: each for each in sorted(told, key=lambda each: each[0])}.values())
    about = {
        "version": "0.5",
        "multiscales": [{"name": "cells", **label_scales((axes.time_step, *axes.pixel_um), len(levels))}],
        "image-label": {
            "version": "0.5",
            "colors": [{"label-value": label, "rgba": [*colour, 255]} for label, _, colour in told],
            "properties": [{"label-value": label, **more} for label, more, _ in told],
            "source": {"image": "../../"},
        },
    }
    with sink.file(f"{root}/zarr.json", compress=True) as file:
        file.write(_group(about))


def _noted(cells: Iterable[CellRecord], told: list[tuple[int, dict[str, Any], tuple[int, int, int]]]) -> Any:
    """The cells again; their numbers, classes and colours are written down."""
    for cell in cells:
        name = cell.label_class.name if cell.label_class else UNCLASSIFIED
        about = {"class": name, "id": str(cell.id), **({"parent": cell.parent} if cell.parent else {})}
        told.append((cell.label, about, colour_of(cell.label_class)))
        yield cell


def _write_level(sink: Sink, place: str, labels_hw: NDArray[np.uint32], level: Level) -> None:
    for row in range(level.rows):
        for col in range(level.cols):
            chunk_hw = labels_hw[row * TILE : (row + 1) * TILE, col * TILE : (col + 1) * TILE]
            # A chunk that is not there is all zeros.
            if chunk_hw.any():
                whole_hw: Any = np.zeros((TILE, TILE), "<u4")
                whole_hw[: chunk_hw.shape[0], : chunk_hw.shape[1]] = chunk_hw
                with sink.file(f"{place}/{row}/{col}", compress=False) as file:
                    file.write(imagecodecs.zstd_encode(whole_hw, level=ZSTD_LEVEL))
