"""A downloaded folder as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from .errors import CytomarkError

IMAGES, LABELS = "images", "labels"


@dataclass(frozen=True, slots=True)
class Pair:
    """An image, (row, column) or (row, column, RGB), and its labels, (row, column): 0 is background, every other value
    one cell."""

    name: str
    image: NDArray[Any]
    labels: NDArray[Any]


def stems(folder: str | Path) -> list[str]:
    """The names of the folder's pairs. Raises CytomarkError where there are none."""
    root = Path(folder)
    found = sorted(path.stem for path in (root / IMAGES).glob("*.tif") if (root / LABELS / path.name).is_file())
    if not found:
        raise CytomarkError("no_data", f"There are no pairs of images and labels in {root}. Download a project first.")
    return found


def load_pair(folder: str | Path, stem: str) -> Pair:
    """One image with its labels."""
    return Pair(stem, *(_read(Path(folder) / part / f"{stem}.tif") for part in (IMAGES, LABELS)))


def load(folder: str | Path) -> list[Pair]:
    """All that `Project.download` has put into a folder, by name."""
    return [load_pair(folder, stem) for stem in stems(folder)]


def _read(path: Path) -> NDArray[Any]:
    # One page, by itself: a TIFF can name other files, which are left alone.
    with tifffile.TiffFile(path) as file:
        return np.asarray(file.pages.first.asarray())
