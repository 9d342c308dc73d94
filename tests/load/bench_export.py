"""`make bench-export`: many cells on their way out, against the libraries' own encoders on the same masks alone."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import numpy as np
import tifffile
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from annotation.datasets.archive import Subject, write_archive
from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord
from annotation.datasets.planes import labels_of
from annotation.datasets.registry import get_exporter
from inference.rle import Rle, decode, encode
from tests.load.report import Row, at_most, publish

IMAGES, CELLS, SIDE = 200, 500, 1024
MILLION = 1_000_000
ROUNDS = 3
CLASS = ClassRecord(1, "Nucleus", "#e69f00")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


Cells = dict[int, list[CellRecord]]
"""By the number of their image."""


class NoPixels:
    """Labels need none."""

    def plane_chw(self, t: int, z: int) -> NDArray[Any]:
        raise AssertionError("no format that is measured here reads pixels")

    def files(self) -> Iterator[tuple[str, Path]]:
        raise AssertionError("no format that is measured here reads pixels")


def shapes() -> list[Rle]:
    """Ragged discs as nuclei are, 14 to 40 pixels wide."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(50):
        radius = rng.uniform(7, 20)
        rows, cols = np.mgrid[-20:21, -20:21]
        angle = np.arctan2(rows, cols)
        edge = radius * (1 + 0.15 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.05 * np.sin(11 * angle))
        found.append(encode(np.hypot(rows, cols) < edge))
    return found


SHAPES = shapes()


def cells_of(image: int, count: int, side: int) -> Iterator[CellRecord]:
    """Cells on a grid, made when they are asked for, as the database gives them."""
    across = int(np.ceil(np.sqrt(count)))
    step = (side - 44) / across
    for n in range(count):
        shape = SHAPES[(image * 7 + n) % len(SHAPES)]
        top, left = int(n // across * step), int(n % across * step)
        mask = Rle(top, left, shape.height, shape.width, shape.counts)
        yield CellRecord(UUID(int=image * 10**9 + n), n + 1, mask, CLASS, {"source": "hand"}, "ada")


def images(count: int, cells: int, side: int, *, ready: Cells | None = None) -> Iterator[ImageRecord]:
    """``ready`` are the cells of each image where making them is not to be measured."""
    for number in range(1, count + 1):
        yield ImageRecord(
            id=UUID(int=number), number=number, name=f"{number}.tif", stem=str(number), suffix=".tif", height=side,
            width=side, file_sha256="0" * 64, clock=1, changed_at=WHEN, largest_label=cells,
            cells=iter(ready[number]) if ready else cells_of(number, cells, side), pixels=NoPixels(),
        )  # fmt: skip


def made() -> Cells:
    """All cells of all images."""
    return {number: list(cells_of(number, CELLS, SIDE)) for number in range(1, IMAGES + 1)}


def export(name: str, folder: Path, *, cells: int = CELLS, side: int = SIDE, ready: Cells | None = None) -> None:
    """One archive on disk."""
    target = folder / "archive.zip"
    target.unlink(missing_ok=True)
    write_archive(
        get_exporter(name), Subject(UUID(int=1), "Bench", [CLASS]), images(IMAGES, cells, side, ready=ready), target
    )


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def pycocotools_seconds(*, whole: bool) -> float:
    """Only the encoder's own time: of masks as large as the image, which COCO wants, or of the cells' boxes."""
    spent = 0.0
    for image in images(IMAGES if not whole else 4, CELLS, SIDE):
        for cell in image.cells:
            mask_hw = (
                np.zeros((SIDE, SIDE), np.uint8, order="F") if whole else np.asfortranarray(decode(cell.mask), np.uint8)
            )
            if whole:
                box = cell.mask
                mask_hw[box.top : box.bottom, box.left : box.right] = decode(box)
            start = perf_counter()
            coco_mask.encode(mask_hw)
            spent += perf_counter() - start
    return spent * (IMAGES / 4 if whole else 1)


def tifffile_seconds(folder: Path) -> float:
    """Only the time of tifffile.imwrite, of arrays that are finished."""
    spent = 0.0
    for image in images(IMAGES, CELLS, SIDE):
        labels_hw = labels_of(image, image.cells)
        start = perf_counter()
        tifffile.imwrite(folder / f"{image.stem}.tif", labels_hw, compression="zlib")
        spent += perf_counter() - start
    return spent


def peak_megabytes(name: str) -> float:
    """What a process of its own needs above idle for a million cells."""
    code = (
        "import json, sys, tempfile\nfrom pathlib import Path\n"
        "from tests.load.bench_export import IMAGES, MILLION, export\n"
        "idle = int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1])\n"
        "Path('/proc/self/clear_refs').write_text('5')\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        f"    export({name!r}, Path(folder), cells=MILLION // IMAGES, side=2048)\n"
        "peak = int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])\n"
        "print(json.dumps((peak - idle) / 1024))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    return float(json.loads(ran.stdout))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, ready = Path(name), made()
        coco = statistics.median(seconds(lambda: export("coco", folder, ready=ready)) for _ in range(ROUNDS))
        tiff = statistics.median(seconds(lambda: export("label-tiff", folder, ready=ready)) for _ in range(ROUNDS))
        boxes, whole = pycocotools_seconds(whole=False), pycocotools_seconds(whole=True)
        plain = statistics.median(tifffile_seconds(folder) for _ in range(ROUNDS))
    rows = [
        Row("COCO of 100,000 cells on 200 images", round(coco, 2), "s"),
        Row("pycocotools encoding masks of the whole image", round(whole, 2), "s"),
        Row("pycocotools encoding boxes alone", round(boxes, 2), "s"),
        at_most("COCO against pycocotools", coco / whole, 1.5, unit="×"),
        Row("Label TIFF of the same", round(tiff, 2), "s"),
        Row("tifffile.imwrite of finished arrays", round(plain, 2), "s"),
        at_most("Label TIFF against tifffile", tiff / plain, 2, unit="×"),
        at_most("Memory above idle, a million cells as COCO", peak_megabytes("coco"), 256, unit="MiB"),
        at_most("Memory above idle, a million cells as label TIFF", peak_megabytes("label-tiff"), 256, unit="MiB"),
        at_most(
            "Memory above idle, a million cells as QuPath GeoJSON", peak_megabytes("qupath-geojson"), 256, unit="MiB"
        ),
    ]
    publish("export", rows)


if __name__ == "__main__":
    main()
