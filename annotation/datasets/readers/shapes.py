"""Outlines and run lengths: COCO, YOLO, LabelMe, ImageJ, GeoJSON. Runs behind walls: no Django."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import roifile
from numpy.typing import NDArray
from PIL import Image as Pillow
from pycocotools import mask as coco_mask

from annotation.datasets.outlines import filled
from annotation.datasets.readers.found import Cells, FoundCell, FoundPlane, mismatch, part, plain_stem, split_plane
from annotation.imaging.readers.archive import Archive
from annotation.imaging.refusals import RefusalError
from inference.rle import Rle, decode, encode

_MOST_ROIS = 200_000
_NEAR = 2e-4
"""Pixels from a whole number that are rounding of a text, not meant."""


def _json(archive: Archive, name: str) -> Any:
    return json.loads(part(archive, name))


def _named(name: object) -> str:
    return str(name or "")


def _rings(lists: Iterable[Any]) -> list[NDArray[Any]]:
    return [np.asarray(ring, np.float64).reshape(-1, 2) for ring in lists]


def _documents(archive: Archive, ending: str) -> Iterator[tuple[str, Any]]:
    for name in sorted(archive.names):
        if name.lower().endswith(ending) and not name.endswith(("manifest.json", "croissant.json", "zarr.json")):
            yield name, _json(archive, name)


# --- COCO ---------------------------------------------------------------------------------------------------------


def read_coco(archive: Archive) -> Iterator[FoundPlane]:
    """Every JSON file with annotations: polygons, and run lengths, packed or not."""
    for _, document in _documents(archive, ".json"):
        if not isinstance(document, dict) or "annotations" not in document:
            continue
        classes = {row["id"]: _named(row.get("name")) for row in document.get("categories", [])}
        rows = defaultdict(list)
        for row in document["annotations"]:
            rows[row["image_id"]].append(row)
        for image in document.get("images", []):
            about = image.get("cytomark", {})
            label, t, z = split_plane(plain_stem(str(image["file_name"])))
            cells = partial(_of_coco, rows.get(image["id"], []), classes)
            yield FoundPlane(label, cells, about.get("t", t), about.get("z", z))


def _of_coco(rows: list[dict[str, Any]], classes: dict[Any, str], height: int, width: int) -> Cells:
    for row in rows:
        about = row.get("cytomark", {})
        name, mask = classes.get(row.get("category_id"), ""), _coco_mask(row["segmentation"], height, width)
        yield FoundCell(name, mask, about.get("label"), about.get("parent"))


def _coco_mask(said: Any, height: int, width: int) -> Rle:
    if isinstance(said, list):
        # Parts may overlap: each is filled for itself.
        masks = [filled(_rings([ring]), height=height, width=width) for ring in said]
        if len(masks) == 1:
            return masks[0]
        whole_hw = np.zeros((height, width), np.bool_)
        for ring in masks:
            if ring.area:
                whole_hw[ring.top : ring.bottom, ring.left : ring.right] |= decode(ring)
        return encode(whole_hw)
    if list(said["size"]) != [height, width]:
        raise mismatch(*said["size"], wanted=(height, width))
    packed = said if isinstance(said["counts"], str) else coco_mask.frPyObjects(said, height, width)
    counts = _checked_counts(packed, height, width)
    left, top, box_width, box_height = (int(value) for value in coco_mask.toBbox(counts))
    if box_width == 0 or box_height == 0:
        return Rle(0, 0, 0, 0, ())
    mask_hw = coco_mask.decode(counts)[top : top + box_height, left : left + box_width]
    return encode(mask_hw.astype(np.bool_), top=top, left=left)


def _checked_counts(packed: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """The run lengths add up to the image: the C code that unpacks them believes them."""
    text = packed["counts"] if isinstance(packed["counts"], bytes) else str(packed["counts"]).encode("ascii")
    total, at, counts = 0, 0, list[int]()
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = text[at] - 48
            value |= (code & 31) << (5 * shift)
            more, at, shift = bool(code & 32), at + 1, shift + 1
            if not more and code & 16:
                value |= -1 << (5 * shift)
            if shift > 8:
                raise RefusalError("its run lengths are damaged")
        count = value + counts[-2] if len(counts) > 2 else value
        counts.append(count)
        total += count
        if count < 0 or total > height * width:
            raise RefusalError("its run lengths are damaged")
    if total != height * width:
        raise RefusalError("its run lengths are damaged")
    return {"size": [height, width], "counts": text}


# --- YOLO ---------------------------------------------------------------------------------------------------------


def read_yolo(archive: Archive) -> Iterator[FoundPlane]:
    """labels/…/NAME.txt, classes from data.yaml."""
    listed = next((name for name in archive.names if name.endswith("data.yaml")), None)
    classes = _yaml_names(part(archive, listed).decode(errors="replace")) if listed else {}
    for name in sorted(archive.names):
        if name.endswith(".txt") and "labels/" in name:
            label, t, z = split_plane(plain_stem(name))
            yield FoundPlane(label, partial(_of_yolo, part(archive, name), classes), t, z)


def _yaml_names(text: str) -> dict[int, str]:
    """The names in a data.yaml, as a block “0: name” or in brackets."""
    found = re.findall(r"^\s+(\d+):\s*(.+?)\s*$", text, re.MULTILINE)
    if not found and (row := re.search(r"^names:\s*\[(.*)\]", text, re.MULTILINE)):
        found = list(enumerate(row[1].split(",")))
    return {int(number): _named(_unquoted(name)) for number, name in found}


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text.strip("'")


def _of_yolo(data: bytes, classes: dict[int, str], height: int, width: int) -> Cells:
    for line in data.decode(errors="replace").splitlines():
        number, *shares = line.split()
        if len(shares) < 6 or len(shares) % 2:
            raise RefusalError("a line is no class with an outline; boxes alone are no masks")
        ring = np.array(shares, np.float64).reshape(-1, 2) * [width, height]
        if not np.isfinite(ring).all():
            raise RefusalError("a corner is no number")
        whole = np.rint(ring)
        ring = np.where(np.abs(ring - whole) < _NEAR * max(height, width), whole, ring)
        yield FoundCell(classes.get(int(float(number)), ""), filled([ring], height=height, width=width))


# --- LabelMe ------------------------------------------------------------------------------------------------------


def read_labelme(archive: Archive) -> Iterator[FoundPlane]:
    """Every JSON file with shapes."""
    for name, document in _documents(archive, ".json"):
        if isinstance(document, dict) and "shapes" in document:
            label, t, z = split_plane(plain_stem(str(document.get("imagePath") or name)))
            yield FoundPlane(label, partial(_of_labelme, document["shapes"]), t, z)


def _of_labelme(shapes: list[dict[str, Any]], height: int, width: int) -> Cells:
    for shape in shapes:
        points, kind = np.asarray(shape["points"], np.float64).reshape(-1, 2), shape.get("shape_type", "polygon")
        if kind == "mask":
            with Pillow.open(io.BytesIO(base64.b64decode(shape["mask"])), formats=["PNG"]) as picture:
                left, top = np.rint(points[0]).astype(int).tolist()
                mask_hw = np.asarray(picture) != 0
            if top < 0 or left < 0 or top + mask_hw.shape[0] > height or left + mask_hw.shape[1] > width:
                raise RefusalError("a mask of it reaches beyond the image")
            mask = encode(mask_hw, top=top, left=left)
        elif kind in ("polygon", "rectangle"):
            if kind == "rectangle":
                (x0, y0), (x1, y1) = points[:2]
                points = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
            mask = filled([points], height=height, width=width)
        else:
            raise RefusalError(f"it has a shape “{str(kind)[:20]}”; polygons, rectangles and masks are read")
        yield FoundCell(_named(shape.get("label")), mask)


# --- ImageJ -------------------------------------------------------------------------------------------------------


def read_imagej(archive: Archive) -> Iterator[FoundPlane]:
    """A zip of .roi files for each image inside the archive."""
    for name in sorted(archive.names):
        if name.lower().endswith(".zip"):
            yield from _planes_of_rois(plain_stem(name), part(archive, name))


def _planes_of_rois(label: str, data: bytes) -> Iterator[FoundPlane]:
    planes: dict[tuple[int | None, int | None], list[Any]] = defaultdict(list)
    inner = Archive(io.BytesIO(data), file_bytes=len(data))
    if len(inner.names) > _MOST_ROIS:
        raise RefusalError("it has more ROIs than are read")
    for name in sorted(inner.names):
        if name.lower().endswith(".roi"):
            roi = roifile.ImagejRoi.frombytes(inner.read(name, most=16 * 1024**2) or b"")
            planes[(_place(roi.t_position), _place(roi.z_position))].append(roi)
    for (t, z), rois in planes.items():
        yield FoundPlane(label, partial(_of_rois, rois), t, z)


def _place(position: int) -> int | None:
    return position - 1 if position > 0 else None


def _of_rois(rois: list[Any], height: int, width: int) -> Cells:
    for roi in rois:
        if roi.roitype == roifile.ROI_TYPE.RECT and roi.multi_coordinates is None:
            rings = [
                np.array([[roi.left, roi.top], [roi.right, roi.top], [roi.right, roi.bottom], [roi.left, roi.bottom]])
            ]
        else:
            found = roi.coordinates(multi=True)
            rings = found if isinstance(found, list) else [found]
        words = str(roi.name or "").split(" ", 1)
        name = words[1] if len(words) == 2 and words[0].isdigit() else ""
        yield FoundCell(_named(name), filled(_rings(rings), height=height, width=width))


# --- GeoJSON ------------------------------------------------------------------------------------------------------


def read_geojson(archive: Archive) -> Iterator[FoundPlane]:
    """Every .geojson file, or JSON files that are one: polygons and multipolygons, planes as QuPath says them."""
    for name, document in [*_documents(archive, ".geojson"), *_documents(archive, ".json")]:
        features = document.get("features") if isinstance(document, dict) else document
        if not isinstance(features, list) or (
            isinstance(document, dict) and document.get("type") != "FeatureCollection"
        ):
            continue
        planes: dict[tuple[int | None, int | None], list[Any]] = defaultdict(list)
        for feature in features:
            plane = feature["geometry"].get("plane", {})
            planes[(plane.get("t"), plane.get("z"))].append(feature)
        for (t, z), rows in planes.items():
            yield FoundPlane(plain_stem(name), partial(_of_features, rows), t, z)


def _of_features(features: list[dict[str, Any]], height: int, width: int) -> Cells:
    for feature in features:
        geometry = feature["geometry"]
        if geometry["type"] not in ("Polygon", "MultiPolygon"):
            continue
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings = _rings(ring for polygon in parts for ring in polygon)
        said = (feature.get("properties") or {}).get("classification") or {}
        yield FoundCell(_named(said.get("name")), filled(rings, height=height, width=width))


BROKEN = (zipfile.BadZipFile, UnicodeDecodeError)
"""What these readers' libraries stumble over beyond Python's own errors."""
