"""The tables of annotation.models.ImageMeasures: what is in their columns, how they are made and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from annotation.datasets.base import ImageRecord
from annotation.datasets.measurements import intensity_figures, shape_figures
from annotation.datasets.planes import planes_of

SHAPES = (
    "area_px", "perimeter_px", "major_axis_px", "minor_axis_px", "equivalent_diameter_px", "eccentricity", "centroid_x",
    "centroid_y",
)  # fmt: skip
"""The first columns, in pixels, as in annotation.datasets.measurements."""
INTENSITIES = ("mean", "std", "min", "max", "sum")
"""These follow for each channel."""
PLACES = ("label", "t", "z", "class")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of one image. ``figures``: (cell, column), float32; ``places``: (cell, 4), int32, see PLACES."""

    figures: NDArray[np.float32]
    places: NDArray[np.int32]
    ids: bytes

    @classmethod
    def of(cls, figures: bytes, places: bytes, ids: bytes) -> Table:
        """What was kept."""
        found = np.frombuffer(places, np.int32).reshape(-1, len(PLACES))
        columns = len(figures) // 4 // max(1, len(found))
        return cls(np.frombuffer(figures, np.float32).reshape(len(found), columns), found, bytes(ids))

    def id(self, row: int) -> UUID:
        """The cell of a row."""
        return UUID(bytes=self.ids[16 * row : 16 * row + 16])


def measure(image: ImageRecord) -> Table:
    """Measure all cells of an image; they are read by this."""
    figures, places, ids = [], [], list[bytes]()
    for plane in planes_of(image):
        plane_chw: NDArray[Any] | None = None
        for cell in plane.cells:
            if plane_chw is None:
                plane_chw = image.pixels.plane_chw(plane.t, plane.z)
            shape = shape_figures(cell.mask)
            row = [shape[name] for name in SHAPES]
            for channel in intensity_figures(cell.mask, plane_chw):
                row += [channel[name] for name in INTENSITIES]
            figures.append(row)
            places.append((cell.label, cell.t, cell.z, cell.label_class.id if cell.label_class else 0))
            ids.append(cell.id.bytes)
    columns = len(SHAPES) + len(INTENSITIES) * len(image.axes.channels)
    return Table(
        np.array(figures, np.float32).reshape(len(figures), columns),
        np.array(places, np.int32).reshape(len(figures), len(PLACES)),
        b"".join(ids),
    )
