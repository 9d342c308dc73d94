"""Masks and what scikit-image measures of them: the fixture that the browser's measurements are compared with.

Run as a script, it writes the fixture again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops

from inference import rle

FIXTURE = Path(__file__).resolve().parents[1] / "frontend" / "src" / "geometry" / "measures.fixture.json"
SEED = 11


def seeded_masks() -> list[NDArray[np.bool_]]:
    """Single pixels, lines, rings, blobs with holes and specks; each (row, col), not empty."""
    generator = np.random.default_rng(SEED)
    masks = [np.ones((1, 1), bool), np.ones((1, 7), bool), np.ones((5, 1), bool), np.ones((4, 6), bool), np.eye(6) > 0]
    rows_hw, cols_hw = np.mgrid[:31, :31] - 15
    ring_hw = np.hypot(rows_hw, cols_hw)
    masks += [ring_hw < 12, (ring_hw < 12) & (ring_hw > 6), np.hypot(rows_hw, cols_hw * 2.2) < 13, np.eye(6)[::-1] > 0]
    for _ in range(40):
        noise_hw = ndimage.gaussian_filter(generator.normal(size=(24, 37)), generator.uniform(0.6, 4))
        mask_hw = noise_hw > np.quantile(noise_hw, generator.uniform(0.3, 0.9))
        masks.append(mask_hw)
    return masks


def measured(mask_hw: NDArray[np.bool_], *, top: int, left: int) -> dict[str, Any]:
    """One mask, moved to a place, with what regionprops says of it there."""
    label_hw = np.zeros((top + mask_hw.shape[0] + 3, left + mask_hw.shape[1] + 3), np.uint8)
    label_hw[top : top + mask_hw.shape[0], left : left + mask_hw.shape[1]] = mask_hw
    (region,) = regionprops(label_hw)
    mask = rle.encode(label_hw > 0)
    pieces = ndimage.label(label_hw, np.ones((3, 3)))[1]
    return {
        "mask": {
            "top": mask.top, "left": mask.left, "height": mask.height, "width": mask.width, "counts": list(mask.counts),
        },
        "shape": {
            "area": int(region.area),
            "perimeter": float(region.perimeter),
            "box": dict(zip(("top", "left", "bottom", "right"), map(int, region.bbox), strict=True)),
            "centroid": dict(zip(("row", "col"), map(float, region.centroid), strict=True)),
            "equivalentDiameter": float(region.equivalent_diameter_area),
            "majorAxis": float(region.axis_major_length),
            "minorAxis": float(region.axis_minor_length),
            "eccentricity": float(region.eccentricity),
            "orientation": float(region.orientation),
            "convexArea": int(region.area_convex),
            "solidity": float(region.solidity),
            "extent": float(region.extent),
            "pieces": int(pieces),
            "euler": int(region.euler_number),
            "holes": int(pieces - region.euler_number),
        },
    }  # fmt: skip


def fixture() -> list[dict[str, Any]]:
    """What scikit-image says of all masks, each at a place of its own."""
    return [measured(mask_hw, top=3 * n % 17, left=5 * n % 23) for n, mask_hw in enumerate(seeded_masks())]


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(fixture(), separators=(",", ":")) + "\n")
