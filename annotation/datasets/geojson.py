"""QuPath's GeoJSON. Source: RFC 7946; https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import colour_of, compact
from annotation.datasets.outlines import Ring, polygons_of


def _closed(ring: Ring) -> list[tuple[int, int]]:
    return [*ring, ring[0]]


def geometry_of(cell: CellRecord) -> dict[str, Any]:
    """A polygon, or several, along the edges of pixels, with the plane in QuPath's way (every channel)."""
    parts = [[_closed(ring) for ring in polygon.rings] for polygon in polygons_of(cell.mask)]
    single = len(parts) == 1
    return {
        "type": "Polygon" if single else "MultiPolygon",
        "coordinates": parts[0] if single else parts,
        "plane": {"c": -1, "z": cell.z, "t": cell.t},
    }


def feature_of(cell: CellRecord) -> dict[str, Any]:
    """A detection, of which QuPath shows a million smoothly."""
    properties: dict[str, Any] = {
        "objectType": "detection",
        "name": f"Cell {cell.label}",
        "measurements": {"Label": cell.label, "Area px^2": cell.mask.area},
    }
    if cell.label_class:
        properties["classification"] = {"name": cell.label_class.name, "color": list(colour_of(cell.label_class))}
    return {"type": "Feature", "id": str(cell.id), "geometry": geometry_of(cell), "properties": properties}


class GeoJsonExporter:
    """geojson/NAME.geojson."""

    name = "qupath-geojson"
    title = "QuPath GeoJSON"
    summary = "One detection for each cell with class and colour, for QuPath and geographic programs."
    layout = (
        "geojson/NAME.geojson  one detection for each cell, along the edges of its pixels, with holes, class, colour,\n"
        "                      area in pixels, slice and frame. Open the image in QuPath, then File, Import objects."
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:  # noqa: ARG002
        """One file for each image; a cell's class is written out."""
        for image in images:
            with sink.file(f"geojson/{image.stem}.geojson", compress=True) as file:
                for part in _collection(image.cells):
                    file.write(part.encode())


def _collection(cells: Iterable[CellRecord]) -> Iterator[str]:
    yield '{"type":"FeatureCollection","features":['
    for number, cell in enumerate(cells):
        yield ("," if number else "") + "\n" + compact(feature_of(cell))
    yield "\n]}\n"
