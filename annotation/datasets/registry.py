"""Formats by name."""

from __future__ import annotations

from annotation.datasets.base import Exporter
from annotation.datasets.coco import CocoExporter
from annotation.datasets.label_tiff import LabelTiffExporter
from annotation.errors import AppError, ErrorCode

EXPORTERS: dict[str, Exporter] = {one.name: one for one in (LabelTiffExporter(), CocoExporter())}


def get_exporter(name: str) -> Exporter:
    """The format of that name. Raises AppError(BAD_REQUEST)."""
    if name not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no export format “{name[:40]}”. Choose one of: {known}.")
    return EXPORTERS[name]
