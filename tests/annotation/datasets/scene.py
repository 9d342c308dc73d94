"""Images and cells for formats, without a database: everything that is hard to say in one of them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.archive import Subject, write_archive
from annotation.datasets.base import Axes, CellRecord, ChannelRecord, ClassRecord, ImageRecord
from annotation.datasets.registry import get_exporter
from annotation.imaging.layout import store_of
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from inference.rle import Rle, encode, from_labels

DAY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TUMOUR, IMMUNE = ClassRecord(70, "tumour", "#e69f00"), ClassRecord(71, "=immune, “T”", "#56b4e9")


class ArrayPixels:
    """Pixels from memory; the files are those of the first plane, written when they are asked for."""

    def __init__(self, values_tczyx: NDArray[Any]) -> None:
        self.values_tczyx = values_tczyx
        self._folder = tempfile.TemporaryDirectory()

    def plane_chw(self, t: int, z: int) -> NDArray[Any]:
        return self.values_tczyx[t, :, z]

    def files(self) -> Iterator[tuple[str, Path]]:
        store = store_of(Path(self._folder.name))
        if not store.exists():
            write_pyramid(ArraySource(self.values_tczyx[0, 0, 0]), store.parent)
        yield from ((path.relative_to(store).as_posix(), path) for path in sorted(store.rglob("*")) if path.is_file())


def cell(label: int, rle: Rle, *, label_class: ClassRecord | None = None, engine: str = "", **plane: int) -> CellRecord:
    origin = {"source": "auto" if engine else "hand", "engine": engine, "weights": "w" if engine else ""}
    return CellRecord(UUID(int=label), label, rle, label_class, origin, "ada", **plane)


def image(number: int, cells: list[CellRecord] | Iterator[CellRecord], **more: Any) -> ImageRecord:
    height, width = more.get("height", 30), more.get("width", 50)
    rng = np.random.default_rng(number)
    values: dict[str, Any] = {
        "id": UUID(int=number), "number": number, "name": f"{number}.tif", "stem": str(number), "suffix": ".tif",
        "height": height, "width": width, "file_sha256": "f" * 64, "clock": 7, "changed_at": DAY, "largest_label": 9,
        "cells": iter(cells), "pixels": ArrayPixels(rng.integers(0, 255, (1, 1, 1, height, width)).astype(np.uint8)),
        **more,
    }  # fmt: skip
    return ImageRecord(**values)


def hard_labels() -> NDArray[np.int32]:
    """labels_hw of 60 × 90: touching, nested, one pixel, with holes, in parts, diagonal, at all four borders."""
    labels_hw = np.zeros((60, 90), np.int32)
    labels_hw[:12, :15] = 1
    labels_hw[:12, 15:30] = 2
    labels_hw[20:40, 5:25] = 3
    labels_hw[25:35, 10:20] = 4
    labels_hw[28:32, 13:17] = 0
    labels_hw[45, 45] = 6
    labels_hw[50:60, 80:90] = 7
    labels_hw[52:55, 82:85] = 0
    labels_hw[5:9, 40:44] = labels_hw[15:19, 48:52] = 8
    rows, cols = np.indices((10, 10))
    labels_hw[40:50, 60:70][(rows + cols) % 2 == 0] = 11
    labels_hw[30, 70:90] = 12
    labels_hw[:, 55] = 13
    return labels_hw


def hard_image(number: int = 1, **more: Any) -> ImageRecord:
    """One image with hard_labels, some of a class."""
    classes = (TUMOUR, IMMUNE, None)
    cells = [cell(label, rle, label_class=classes[label % 3]) for label, rle in from_labels(hard_labels())]
    return image(number, cells, **{"height": 60, "width": 90, "largest_label": 13, **more})


def stack_image(number: int = 2, **more: Any) -> ImageRecord:
    """Two frames of three slices, two channels of 16 bits, cells on two planes."""
    disc = encode(np.ones((5, 6), bool), top=4, left=3)
    cells = [
        cell(1, disc, t=0, z=1), cell(2, encode(np.ones((3, 3), bool), top=12, left=20), t=0, z=1),
        cell(3, disc, t=1, z=2, label_class=TUMOUR),
    ]  # fmt: skip
    values = np.random.default_rng(7).integers(100, 4000, (2, 2, 3, 30, 50)).astype(np.uint16)
    axes = Axes(
        dtype="uint16", size_t=2, size_z=3, shown_z=1, pixel_um=(2.0, 0.5, 0.5), time_step=30.0,
        channels=(ChannelRecord("DNA", "#0000ff", 100, 4000), ChannelRecord("Actin", "#00ff00", 100, 4000)),
    )  # fmt: skip
    return image(number, cells, **{"axes": axes, "pixels": ArrayPixels(values), **more})


def write(target: Path, name: str, images: list[ImageRecord], classes: list[ClassRecord] | None = None) -> Path:
    """The archive of these images."""
    subject = Subject(UUID(int=1), "Fish", [TUMOUR, IMMUNE] if classes is None else classes)
    write_archive(get_exporter(name), subject, iter(images), target)
    return target


def unpacked(folder: Path, name: str, images: list[ImageRecord]) -> Path:
    """The folder into which the archive of these images was unpacked."""
    with zipfile.ZipFile(write(folder / "archive.zip", name, images)) as archive:
        archive.extractall(folder / name)
    return folder / name
