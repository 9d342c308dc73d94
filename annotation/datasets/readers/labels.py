"""Label images in TIFF and PNG: every value but 0 is a cell. Runs behind walls: no Django."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from annotation.datasets.readers.found import (
    MOST_LISTS,
    Cells,
    FoundCell,
    FoundPlane,
    mismatch,
    part,
    plain_stem,
    split_plane,
)
from annotation.imaging.readers.archive import Archive
from annotation.imaging.readers.zarr_arrays import ZarrArray, read_json
from annotation.imaging.refusals import RefusalError
from inference.rle import from_labels

_MOST_PIXELS = 400_000_000


def cells_of(labels_hw: NDArray[Any], height: int, width: int) -> Cells:
    """Each value's pixels as a cell without a class; the value is its number."""
    if labels_hw.shape != (height, width):
        rows, cols = labels_hw.shape if labels_hw.ndim == 2 else (0, 0)
        raise mismatch(rows, cols, wanted=(height, width))
    if labels_hw.dtype.kind not in "uib":
        raise RefusalError("its values are no whole numbers")
    # Numbers may be as large as they like: they only tell cells apart.
    known, dense = np.unique(labels_hw, return_inverse=True)
    dense_hw = dense.reshape(labels_hw.shape) + (0 if known[0] == 0 else 1)
    first = 0 if known[0] == 0 else 1
    return [FoundCell("", mask, int(known[label - first])) for label, mask in from_labels(dense_hw.astype(np.int32))]


def tiff_planes(data: bytes) -> NDArray[Any]:
    """(frame, slice, row, column) of a label TIFF. What other files it names is left alone."""
    with tifffile.TiffFile(io.BytesIO(data), _multifile=False) as file:
        series = file.series[0]
        if series.size > _MOST_PIXELS:
            raise RefusalError("it has more pixels than are read")
        values, axes = series.asarray(), series.axes
    if values.ndim == 2:
        return values[None, None]
    if values.ndim == 3:
        return values[None] if axes[0] != "T" else values[:, None]
    if values.ndim == 4:
        return values
    raise RefusalError("it is no label image of at most frames, slices, rows and columns")


def label_tiffs(archive: Archive) -> list[str]:
    """TIFFs in folders “labels” or “masks”, or all of them where there is no such folder."""
    names = sorted(name for name in archive.names if re.search(r"\.tiff?\Z", name, re.IGNORECASE))
    return [name for name in names if re.search(r"(\A|/)(labels|masks)/", name)] or names


def read_tiffs(archive: Archive, *, ending: str = "") -> Iterator[FoundPlane]:
    """labels/NAME.tif. A stack has all its planes."""
    for name in label_tiffs(archive):
        stem = plain_stem(name)
        if not stem.endswith(ending):
            continue
        label, t, z = split_plane(stem.removesuffix(ending) if ending else stem)
        planes = tiff_planes(part(archive, name))
        single = planes.shape[:2] == (1, 1)
        for frame, layer in np.ndindex(planes.shape[:2]):
            if single or planes[frame, layer].any():
                at = (t, z) if single else (frame, layer)
                yield FoundPlane(label, partial(cells_of, planes[frame, layer]), *at)


def read_masks(archive: Archive) -> Iterator[FoundPlane]:
    """Cellpose's NAME_masks.tif and NAME_masks.png, in whatever folder."""
    yield from read_tiffs(archive, ending="_masks")
    yield from read_pngs(archive, folder="", ending="_masks")


def picture(archive: Archive, name: str) -> NDArray[Any]:
    """A PNG's values: numbers of colours where it has a palette."""
    with Pillow.open(io.BytesIO(part(archive, name)), formats=["PNG"]) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise RefusalError("it has more pixels than are read")
        values = np.asarray(image)
    if values.ndim != 2:
        raise RefusalError("it is a colour picture, not one of numbers")
    return values


def read_pngs(archive: Archive, *, folder: str, ending: str = "") -> Iterator[FoundPlane]:
    """PNGs of numbers in folders of this name."""
    for name in sorted(archive.names):
        stem = plain_stem(name)
        if name.lower().endswith(".png") and f"/{name}".rfind(f"/{folder}") >= 0 and stem.endswith(ending):
            label, t, z = split_plane(stem.removesuffix(ending) if ending else stem)
            yield FoundPlane(label, partial(_of_png, archive, name), t, z)


def _of_png(archive: Archive, name: str, height: int, width: int) -> Cells:
    return cells_of(picture(archive, name), height, width)


def read_huggingface(archive: Archive) -> Iterator[FoundPlane]:
    """SPLIT/masks/NAME.png."""
    yield from read_pngs(archive, folder="masks/")


def read_voc(archive: Archive) -> Iterator[FoundPlane]:
    """SegmentationObject/NAME.png, classes from SegmentationClass/NAME.png and classes.txt."""
    lines = part(archive, "classes.txt").decode(errors="replace").splitlines() if "classes.txt" in archive.names else []
    classes = {int(number): name for number, _, name in (line.partition(" ") for line in lines) if number.isdigit()}
    for name in sorted(archive.names):
        if "SegmentationObject/" in name and name.endswith(".png"):
            label, t, z = split_plane(plain_stem(name))
            yield FoundPlane(label, partial(_of_voc, archive, name, classes), t, z)


def _of_voc(archive: Archive, name: str, classes: dict[int, str], height: int, width: int) -> Cells:
    objects_hw = picture(archive, name)
    beside = name.replace("SegmentationObject/", "SegmentationClass/")
    classes_hw = picture(archive, beside) if beside in archive.names else np.zeros_like(objects_hw)
    # 255 is VOC's “void”, the seam between objects, where the picture has a palette.
    void = 255 if objects_hw.dtype == np.uint8 else -1
    objects_hw = np.where(objects_hw == void, 0, objects_hw)
    for cell in cells_of(objects_hw, height, width):
        mask = cell.mask
        col = mask.left + mask.counts[0] % mask.width
        yield FoundCell(classes.get(int(classes_hw[mask.top + mask.counts[0] // mask.width, col]), ""), mask)


def read_semantic(archive: Archive) -> Iterator[FoundPlane]:
    """masks/SPLIT/NAME.png: every connected part of a class is a cell."""
    named = archive.read("classes.json", most=1024**2) or b"[]"
    classes = {int(row["value"]): str(row["name"]) for row in json.loads(named)}
    for name in sorted(archive.names):
        if name.startswith("masks/") and name.endswith(".png"):
            label, t, z = split_plane(plain_stem(name))
            yield FoundPlane(label, partial(_of_classes, archive, name, classes), t, z)


def _of_classes(archive: Archive, name: str, classes: dict[int, str], height: int, width: int) -> Cells:
    classes_hw = picture(archive, name)
    for value in np.unique(classes_hw).tolist():
        if value in (0, 255):
            continue
        parts_hw, _ = ndimage.label(classes_hw == value)
        for cell in cells_of(parts_hw, height, width):
            yield FoundCell(classes.get(value, ""), cell.mask)


def read_ome_zarr(archive: Archive) -> Iterator[FoundPlane]:
    """NAME.ome.zarr/labels/cells, or whatever labels there are, axes t, z, y, x or their last ones."""
    for name in sorted(archive.names):
        found = re.match(r"(?:(.*)/)?labels/([^/]+)/(zarr\.json|\.zattrs)\Z", name)
        if not found:
            continue
        folder = name.rpartition("/")[0]
        said = read_json(archive, name, most=MOST_LISTS) or {}
        # Versions before 0.5 have no “ome” around it.
        about = (said if found[3] == ".zattrs" else said.get("attributes", {}).get("ome", {})).get("image-label", {})
        rows = [row for row in about.get("properties", []) if isinstance(row, dict)]
        known: dict[int | None, dict[str, Any]] = {int(row["label-value"]): row for row in rows if "label-value" in row}
        array = ZarrArray(archive, f"{folder}/0")
        sizes = (1,) * (4 - len(array.shape)) + array.shape
        if len(sizes) != 4 or sizes[-1] * sizes[-2] > _MOST_PIXELS:
            raise RefusalError("its labels have more axes than t, z, y and x, or more pixels than are read")
        label = plain_stem((found[1] or "").split("/")[-1])
        for t, z in np.ndindex(sizes[:2]):
            box = [(t, t + 1), (z, z + 1), (0, sizes[2]), (0, sizes[3])][4 - len(array.shape) :]
            plane = partial(_of_zarr, array, box, known)
            yield FoundPlane(label, plane, t if sizes[0] > 1 else None, z if sizes[1] > 1 else None)


def _of_zarr(array: Any, box: Any, rows: dict[int | None, dict[str, Any]], height: int, width: int) -> Cells:
    labels_hw = array.read(box).reshape(box[-2][1], box[-1][1])
    for cell in cells_of(labels_hw, height, width):
        about = rows.get(cell.number, {})
        parent = about.get("parent")
        name, mother = str(about.get("class", "")), parent if isinstance(parent, int) else None
        yield FoundCell(name, cell.mask, cell.number, mother)
