"""Sizes, shapes and intensities of all cells as tables: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.label_tiff import temporary_file
from annotation.datasets.parquet import ParquetTable
from annotation.datasets.planes import PlaneRecord, planes_of
from annotation.tables import spreadsheet_safe
from inference.rle import Rle, decode

ROWS_AT_ONCE = 10_000
WORDS = ("image", "image_id", "split", "cell_id", "class", "source", "engine", "created_by", "verdict")
WHOLE = ("cell", "parent", "t", "z", "area_px", "top", "left", "height", "width")
CELL_COLUMNS = (
    "image", "image_id", "split", "cell", "parent", "cell_id", "class", "t", "z", "area_px", "area_um2", "centroid_x",
    "centroid_y", "top", "left", "height", "width", "major_axis_px", "minor_axis_px", "eccentricity",
    "orientation_rad", "perimeter_px", "equivalent_diameter_px", "source", "engine", "created_by", "verdict",
)  # fmt: skip
CHANNEL_COLUMNS = ("image", "image_id", "cell", "cell_id", "t", "z", "channel", "mean", "std", "min", "max", "sum")
TEXTS = {*WORDS, "channel"}


def shape_figures(mask: Rle) -> dict[str, Any]:
    """Size and shape of a mask by the names of the columns, in pixels and radians. Axes are those of the ellipse with
    the same second moments, as in skimage.measure.regionprops; the perimeter is that of the pixels' edges."""
    mask_hw = decode(mask)
    rows, cols = np.nonzero(mask_hw)
    major, minor, angle = _ellipse(rows, cols)
    padded_hw = np.pad(mask_hw, 1)
    return {
        "area_px": len(rows),
        "centroid_x": float(cols.mean()) + mask.left, "centroid_y": float(rows.mean()) + mask.top,
        "major_axis_px": major, "minor_axis_px": minor,
        "eccentricity": float(np.sqrt(1 - (minor / major) ** 2)) if major > 0 else 0.0, "orientation_rad": angle,
        "perimeter_px": int(sum((np.diff(padded_hw, axis=axis)).sum() for axis in (0, 1))),
        "equivalent_diameter_px": float(np.sqrt(4 * len(rows) / np.pi)),
    }  # fmt: skip


def intensity_figures(mask: Rle, plane_chw: NDArray[Any]) -> list[dict[str, float]]:
    """For each channel mean, std, min, max and sum of the mask's pixels, as they were stored."""
    box_chw = plane_chw[:, mask.top : mask.bottom, mask.left : mask.right]
    values_cn = box_chw[:, decode(mask)].astype(np.float64)
    return [
        {
            "mean": float(values.mean()), "std": float(values.std()), "min": float(values.min()),
            "max": float(values.max()), "sum": float(values.sum()),
        }
        for values in values_cn
    ]  # fmt: skip


def shape_row(cell: CellRecord, image: ImageRecord) -> dict[str, Any]:
    """One cell's row of cells.csv."""
    figures = shape_figures(cell.mask)
    area, (y_um, x_um) = figures["area_px"], image.axes.pixel_um[1:]
    return {
        "image": image.name, "image_id": str(image.id), "split": image.split, "cell": cell.label, "parent": cell.parent,
        "cell_id": str(cell.id), "class": cell.label_class.name if cell.label_class else "", "t": cell.t, "z": cell.z,
        **figures, "area_um2": None if y_um is None or x_um is None else area * y_um * x_um,
        "top": cell.mask.top, "left": cell.mask.left, "height": cell.mask.height, "width": cell.mask.width,
        "source": str(cell.provenance.get("source", "")), "engine": str(cell.provenance.get("engine", "")),
        "created_by": cell.created_by, "verdict": cell.verdict.judgement if cell.verdict else "",
    }  # fmt: skip


def channel_name(name: str, number: int) -> str:
    """What channel ``number`` is called, the first being 0."""
    return name or f"Channel {number + 1}"


def _ellipse(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> tuple[float, float, float]:
    """Length of both axes in pixels, and the angle between the rows' axis and the major one, -π/2 to π/2."""
    y, x = rows - rows.mean(), cols - cols.mean()
    yy, xx, xy = (y * y).mean(), (x * x).mean(), (x * y).mean()
    spread = np.sqrt((yy - xx) ** 2 / 4 + xy**2)
    middle = (yy + xx) / 2
    lengths = 4 * np.sqrt(np.maximum([middle + spread, middle - spread], 0))
    return float(lengths[0]), float(lengths[1]), float(0.5 * np.arctan2(2 * xy, yy - xx))


def channel_rows(cell: CellRecord, image: ImageRecord, plane_chw: NDArray[Any]) -> Iterator[dict[str, Any]]:
    """One row of channels.csv for each channel."""
    figures = intensity_figures(cell.mask, plane_chw)
    for number, (channel, row) in enumerate(zip(image.axes.channels, figures, strict=True)):
        yield {
            "image": image.name, "image_id": str(image.id), "cell": cell.label, "cell_id": str(cell.id), "t": cell.t,
            "z": cell.z, "channel": channel_name(channel.name, number), **row,
        }  # fmt: skip


def _types(columns: tuple[str, ...]) -> dict[str, str]:
    known = {**dict.fromkeys(WHOLE, "int64"), **dict.fromkeys(TEXTS, "string")}
    return {name: known.get(name, "float64") for name in columns}


class _CsvTable:
    def __init__(self, file: IO[bytes], columns: tuple[str, ...]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        self._writer = csv.DictWriter(self._text, columns, lineterminator="\r\n")
        self._writer.writeheader()

    def add(self, rows: list[dict[str, Any]]) -> None:
        self._writer.writerows({name: spreadsheet_safe(value) for name, value in row.items()} for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _Tables:
    """The same rows in two files."""

    def __init__(self, stack: ExitStack, name: str, columns: tuple[str, ...]) -> None:
        self._rows: list[dict[str, Any]] = []
        comma: Any = stack.enter_context(temporary_file())
        parquet: Any = stack.enter_context(temporary_file())
        self.files = {f"{name}.csv": comma, f"{name}.parquet": parquet}
        self._tables: tuple[_CsvTable, ParquetTable] = _CsvTable(comma, columns), ParquetTable(parquet, _types(columns))

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows += rows
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        for table in self._tables:
            table.add(self._rows)
        self._rows = []

    def close(self) -> None:
        self._flush()
        for table in self._tables:
            table.close()


class MeasurementsExporter:
    """cells and channels, each as CSV and as Parquet."""

    name = "measurements"
    title = "Measurements"
    summary = "Size, shape and intensity of every cell as CSV and Parquet. No masks."
    layout = (
        "cells.csv, cells.parquet        one row for each cell: image, number, mother, class, plane, area\n"
        "                                (pixels; µm² where the size of a pixel is known), centre, box, axes,\n"
        "                                perimeter, origin\n"
        "channels.csv, channels.parquet  one row for each cell and channel: mean, standard deviation, smallest,\n"
        "                                largest value and sum of the pixels, as they were stored\n\n"
        "In the CSV files a text that a spreadsheet would take for a formula has an apostrophe before it."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """All four tables at once, then one after another into the sink."""
        with ExitStack() as stack:
            cells = _Tables(stack, "cells", CELL_COLUMNS)
            channels = _Tables(stack, "channels", CHANNEL_COLUMNS)
            for image in images:
                for plane in planes_of(image):
                    _measure(image, plane, cells, channels)
            for table in (cells, channels):
                table.close()
                for name, file in table.files.items():
                    file.seek(0)
                    with sink.file(name, compress=name.endswith("csv")) as target:
                        shutil.copyfileobj(file, target, 1024**2)


def _measure(image: ImageRecord, plane: PlaneRecord, cells: _Tables, channels: _Tables) -> None:
    plane_chw: NDArray[Any] | None = None
    for cell in plane.cells:
        if plane_chw is None:
            plane_chw = image.pixels.plane_chw(plane.t, plane.z)
        cells.add([shape_row(cell, image)])
        channels.add(channel_rows(cell, image, plane_chw))
