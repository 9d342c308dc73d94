"""What Cellpose opens: folders for `cellpose --train`, and `_seg.npy` files for its window."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from annotation.datasets.label_tiff import temporary_file
from annotation.datasets.pickled import write_seg
from annotation.datasets.planes import labels_of, planes_of
from inference.stretch import stretched

MOST_CHANNELS = 3
"""What Cellpose looks at."""
_PASSED_OVER = re.compile(r"_(?=(masks|flows|flows_[012]|cellprob|cp_output)\Z)")


def cellpose_stem(stem: str) -> str:
    """A name that Cellpose does not take for one of its own outputs."""
    return _PASSED_OVER.sub("-", stem)


def channels_of(image: ImageRecord, t: int, z: int) -> NDArray[Any]:
    """Up to three channels of a plane, (row, column) or (channel, row, column), 8 or 16 bits."""
    plane_chw = image.pixels.plane_chw(t, z)[:MOST_CHANNELS]
    if plane_chw.dtype not in (np.uint8, np.uint16):
        limits = [(channel.low, channel.high) for channel in image.axes.channels]
        plane_chw = np.stack([stretched(plane_hw, *limits[n]) for n, plane_hw in enumerate(plane_chw)])
    return plane_chw[0] if len(plane_chw) == 1 else plane_chw


def _tiff(values: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, compression="zlib", photometric="minisblack", metadata=None, software=False)
    return file.getvalue()


class CellposeExporter:
    """train/NAME.tif and train/NAME_masks.tif, test/… likewise."""

    name = "cellpose"
    title = "Cellpose training folder"
    summary = "Folders of images and masks that cellpose --train takes as they are."
    layout = (
        "train/NAME.tif        the image: up to three channels; every plane of a stack that has cells is one\n"
        "train/NAME_masks.tif  its label image: 0 is background, every other value is one cell\n"
        "test/…                the same for the images that were set aside for validation or test\n\n"
        "Train with: cellpose --train --dir train --test_dir test --mask_filter _masks"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """Two files for each plane with cells; Cellpose knows no classes."""
        for image in images:
            for plane in planes_of(image):
                folder = "train" if image.folder == "train" else "test"
                stem = f"{folder}/{cellpose_stem(plane.stem)}"
                self.write_plane(sink, stem, channels_of(image, plane.t, plane.z), labels_of(image, plane.cells))

    def write_plane(self, sink: Sink, stem: str, image: NDArray[Any], labels_hw: NDArray[Any]) -> None:
        """The image, then what was drawn on it."""
        with sink.file(f"{stem}.tif", compress=False) as file:
            file.write(_tiff(image))
        with sink.file(f"{stem}_masks.tif", compress=False) as file:
            file.write(_tiff(labels_hw))


class CellposeSegExporter(CellposeExporter):
    """train/NAME.tif and train/NAME_seg.npy."""

    name = "cellpose-seg"
    title = "Cellpose _seg.npy"
    summary = "Images with the file that Cellpose's window opens and saves."
    layout = (
        "train/NAME.tif      the image: up to three channels; every plane of a stack that has cells is one\n"
        "train/NAME_seg.npy  what Cellpose's window opens with the image: masks, outlines, and that they were\n"
        "                    checked by people. Cells are numbered from 1 without gaps.\n"
        "test/…              the same for the images that were set aside for validation or test"
    )

    def write_plane(self, sink: Sink, stem: str, image: NDArray[Any], labels_hw: NDArray[Any]) -> None:
        """The image, then what Cellpose's own program would have saved beside it."""
        with sink.file(f"{stem}.tif", compress=False) as file:
            file.write(_tiff(image))
        dense = _dense(labels_hw)
        content = {
            "outlines": dense * _border(dense),
            "masks": dense,
            "chan_choose": [0, 0],
            "ismanual": np.ones(int(dense.max(initial=0)), np.bool_),
            "filename": f"{stem.split('/')[-1]}.tif",
            "flows": list[Any](),
            "diameter": math.nan,
        }
        with temporary_file() as whole, sink.file(f"{stem}_seg.npy", compress=True) as file:
            write_seg(whole, content)
            whole.seek(0)
            while block := whole.read(1024**2):
                file.write(block)


def _dense(labels_hw: NDArray[Any]) -> NDArray[Any]:
    """The same cells, numbered from 1 without gaps: Cellpose counts them by the largest number."""
    known, inverse = np.unique(labels_hw, return_inverse=True)
    first = 0 if known[0] == 0 else 1
    dense: NDArray[Any] = (inverse.reshape(labels_hw.shape) + first).astype(labels_hw.dtype)
    return dense


def _border(labels_hw: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of cells beside a pixel that is not of the same cell."""
    values, kernel = labels_hw.astype(np.float32), np.ones((3, 3), np.uint8)
    border: NDArray[np.bool_] = (cv2.dilate(values, kernel) != values) | (cv2.erode(values, kernel) != values)
    return border & (labels_hw > 0)
