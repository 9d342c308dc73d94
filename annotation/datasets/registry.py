"""Formats by name."""

from __future__ import annotations

from annotation.datasets.base import Exporter
from annotation.datasets.cellpose import CellposeExporter, CellposeSegExporter
from annotation.datasets.coco import CocoExporter, CocoPolygonExporter
from annotation.datasets.ctc import CtcExporter
from annotation.datasets.geojson import GeoJsonExporter
from annotation.datasets.huggingface import HuggingFaceExporter
from annotation.datasets.imagej import ImageJExporter
from annotation.datasets.label_tiff import LabelTiffExporter, OmeTiffExporter
from annotation.datasets.labelme import LabelMeExporter
from annotation.datasets.measurements import MeasurementsExporter
from annotation.datasets.ome_zarr import OmeZarrExporter
from annotation.datasets.semantic import SemanticExporter
from annotation.datasets.voc import VocExporter
from annotation.datasets.yolo import YoloExporter
from annotation.errors import AppError, ErrorCode

_ALL: tuple[Exporter, ...] = (
    LabelTiffExporter(),
    OmeTiffExporter(),
    CocoExporter(),
    CocoPolygonExporter(),
    CellposeExporter(),
    CellposeSegExporter(),
    OmeZarrExporter(),
    YoloExporter(),
    VocExporter(),
    LabelMeExporter(),
    ImageJExporter(),
    GeoJsonExporter(),
    SemanticExporter(),
    HuggingFaceExporter(),
    CtcExporter(),
    MeasurementsExporter(),
)
EXPORTERS: dict[str, Exporter] = {one.name: one for one in _ALL}


def get_exporter(name: str) -> Exporter:
    """The format of that name. Raises AppError(BAD_REQUEST)."""
    if name not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no export format “{name[:40]}”. Choose one of: {known}.")
    return EXPORTERS[name]
