"""The Cell Tracking Challenge's folders. Source: https://public.celltrackingchallenge.net/documents/Naming%20and%20file%20content%20conventions.pdf."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from annotation.datasets.cellpose import channels_of
from annotation.datasets.planes import MAX_UINT16, every_plane, labels_of
from annotation.errors import AppError, ErrorCode


class CtcExporter:
    """NAME/01, NAME/01_GT/SEG, NAME/01_GT/TRA."""

    name = "ctc"
    title = "Cell Tracking Challenge"
    summary = "Frames and masks in the folders of the Cell Tracking Challenge."
    layout = (
        "NAME/01/t000.tif                      the first channel of each frame, slices as pages\n"
        "NAME/01_GT/SEG/man_seg000.tif         its cells, 16 bits, the same numbers as in Cytomark\n"
        "NAME/01_GT/TRA/man_track000.tif       the same as markers\n"
        "NAME/01_GT/TRA/man_track.txt          number, first frame, last frame, parent (0) of each cell"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """One folder for each image; the challenge knows no classes."""
        for image in images:
            if image.largest_label > MAX_UINT16:
                sentence = f"The challenge's files hold cell numbers up to 65,535, and {image.name} has more."
                raise AppError(ErrorCode.TOO_LARGE, f"{sentence} Choose OME-TIFF or OME-Zarr.")
            tracks = dict[int, tuple[int, int]]()
            for t, labels_zhw in _frames(image, tracks):
                digits = f"{t:0{max(3, len(str(image.axes.size_t - 1)))}}"
                _write(sink, f"{image.stem}/01/t{digits}.tif", _pixels(image, t))
                _write(sink, f"{image.stem}/01_GT/SEG/man_seg{digits}.tif", labels_zhw)
                _write(sink, f"{image.stem}/01_GT/TRA/man_track{digits}.tif", labels_zhw)
            lines = (f"{label} {first} {last} 0\n" for label, (first, last) in sorted(tracks.items()))
            with sink.file(f"{image.stem}/01_GT/TRA/man_track.txt", compress=True) as file:
                file.write("".join(lines).encode())


def _frames(image: ImageRecord, tracks: dict[int, tuple[int, int]]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Each frame's labels (slice, row, column); when each label is there is written down."""
    for t, planes in groupby(every_plane(image), key=lambda plane: plane.t):
        labels_zhw = np.stack([labels_of(image, plane.cells) for plane in planes])
        for label in np.unique(labels_zhw[labels_zhw > 0]).tolist():
            tracks[label] = (tracks.get(label, (t, t))[0], t)
        yield t, labels_zhw


def _pixels(image: ImageRecord, t: int) -> NDArray[Any]:
    planes = [channels_of(image, t, z) for z in range(image.axes.size_z)]
    return np.stack([plane if plane.ndim == 2 else plane[0] for plane in planes])


def _write(sink: Sink, path: str, values_zhw: NDArray[Any]) -> None:
    values = values_zhw[0] if len(values_zhw) == 1 else values_zhw
    file = io.BytesIO()
    tifffile.imwrite(file, values, compression="zlib", photometric="minisblack", metadata=None, software=False)
    with sink.file(path, compress=False) as target:
        target.write(file.getbuffer())
