"""Which reader reads what. Runs behind walls: no Django."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from annotation.datasets.readers.found import FoundPlane
from annotation.datasets.readers.labels import (
    read_huggingface,
    read_masks,
    read_ome_zarr,
    read_semantic,
    read_tiffs,
    read_voc,
)
from annotation.datasets.readers.seg import read_seg
from annotation.datasets.readers.shapes import read_coco, read_geojson, read_imagej, read_labelme, read_yolo
from annotation.datasets.readers.tracks import read_ctc
from annotation.imaging.readers.archive import Archive
from annotation.imaging.refusals import RefusalError

Reader = Callable[[Archive], Iterator[FoundPlane]]
READERS: dict[str, Reader] = {
    "label-tiff": read_tiffs,
    "ome-tiff": read_tiffs,
    "coco": read_coco,
    "coco-polygon": read_coco,
    "cellpose": read_masks,
    "cellpose-seg": read_seg,
    "ome-zarr": read_ome_zarr,
    "yolo-seg": read_yolo,
    "voc": read_voc,
    "labelme": read_labelme,
    "imagej-roi": read_imagej,
    "qupath-geojson": read_geojson,
    "semantic-png": read_semantic,
    "huggingface": read_huggingface,
    "ctc": read_ctc,
}
_SIGNS = (
    ("cellpose-seg", lambda name: name.endswith("_seg.npy")),
    ("cellpose", lambda name: name.rpartition(".")[0].endswith("_masks")),
    ("qupath-geojson", lambda name: name.endswith(".geojson")),
    ("yolo-seg", lambda name: name.endswith("data.yaml")),
    ("voc", lambda name: "SegmentationObject/" in name),
    ("ctc", lambda name: "_GT/SEG/man_seg" in name or "_RES/mask" in name or "_ST/SEG/man_seg" in name),
    ("ome-zarr", lambda name: "labels/" in name and name.endswith("zarr.json")),
    ("imagej-roi", lambda name: name.endswith((".roi", ".zip"))),
    ("label-tiff", lambda name: name.lower().endswith((".tif", ".tiff"))),
    ("huggingface", lambda name: "masks/" in name and name.endswith(".png")),
)  # fmt: skip


def open_archive(file: BinaryIO, *, file_bytes: int, name: str) -> Archive:
    """The zip; a single file that is none is put into one."""
    head = file.read(4)
    file.seek(0)
    if head == b"PK\x03\x04" and not _is_rois(file):
        file.seek(0)
        return Archive(file, file_bytes=file_bytes)
    file.seek(0)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as wrapped:
        wrapped.writestr(name, file.read())
    return Archive(whole, file_bytes=whole.tell())


def _is_rois(file: BinaryIO) -> bool:
    """A zip of ROIs alone is one image's file."""
    with zipfile.ZipFile(file) as inner:
        names = [name for name in inner.namelist()[:1000] if not name.endswith("/")]
    return bool(names) and all(name.lower().endswith(".roi") for name in names)


def choose(archive: Archive, manifest: dict[str, Any] | None) -> str:
    """The name of the format: what our own manifest says, or what the names look like. Raises RefusalError."""
    said = (manifest or {}).get("format")
    if isinstance(said, str):
        if said in READERS:
            return said
        raise RefusalError(f"{{name}} has no masks in it (“{said[:40]}”). Export another format.")
    for name, fits in _SIGNS:
        if any(fits(each) for each in archive.names):
            return name
    texts = [archive.read(name, most=64 * 1024**2) or b"" for name in archive.names if name.endswith(".json")][:20]
    if any(b'"shapes"' in text for text in texts):
        return "labelme"
    if any(b'"annotations"' in text for text in texts):
        return "coco"
    if any(b"FeatureCollection" in text for text in texts):
        return "qupath-geojson"
    raise RefusalError(
        "{name} has no annotations of a known format in it. Choose the format, or read which ones there are."
    )
