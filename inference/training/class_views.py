"""What networks for pixel classes are shown: pictures in colour, and for each pixel the number of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.errors import EngineError, EngineErrorCode
from inference.flows import Floats, Labels
from inference.labels import cell_diameters
from inference.pixels import check_image, unit_rgb
from inference.training.augment import change_light, draw_scale, draw_transform, warp_labels, warp_pixels
from inference.training.datasets import Pair, kind_of, read_pair

IGNORED = -1
INSIDE, BOUNDARY = 1, 2
BOUNDARY_PIXELS = 2
"""How far the boundary class reaches into a cell, in the network's pixels."""
_FREE_SCALE = 0.5


@dataclass(frozen=True, slots=True)
class ClassSample:
    """One training image: ``pixels_hwc`` from unit_rgb, ``labels_hw`` int32 (cells by number, or classes), the median
    ``diameter`` of its cells or regions in pixels (0 without any); the group as in datasets.Sample."""

    name: str
    group: str
    pixels_hwc: Floats
    labels_hw: Labels
    diameter: float


@dataclass(frozen=True, slots=True)
class Task:
    """``classes`` name label values 1, 2, …; with ``boundary`` labels number cells instead, and what is learnt is their
    inside and their boundary. ``diameter``: pixels that a cell is wide for the network; 0 keeps the images' scale."""

    classes: tuple[str, ...]
    boundary: bool
    diameter: float


def _typical(labels_hw: Labels, *, cells: bool) -> float:
    if not cells:
        parts = [ndimage.label(labels_hw == value)[0] for value in np.unique(labels_hw[labels_hw > 0])]
        sizes = np.concatenate([cell_diameters(part.astype(np.int32)) for part in parts]) if parts else np.zeros(1)
    else:
        sizes = cell_diameters(labels_hw)
    sizes = sizes[sizes > 0]
    return float(np.median(sizes)) if sizes.size else 0.0


def _check_classes(pair: Pair, labels_hw: Labels, task: Task) -> None:
    highest = int(labels_hw.max(initial=0))
    if not task.boundary and highest > len(task.classes):
        raise EngineError(
            EngineErrorCode.IMAGE_UNSUPPORTED,
            f"“{pair.labels.name}” has pixels of class {highest:,}, but --classes names {len(task.classes)}. Name them "
            "all, or leave --classes out where labels number cells.",
            permanent=True,
        )


def load_class_samples(pairs: Sequence[Pair], *, task: Task, group: str = "") -> list[ClassSample]:
    """Read pairs. Raises EngineError for files that do not fit and for a class without a name."""
    samples = []
    for pair in pairs:
        image, labels_hw = read_pair(pair)
        check_image(image)
        _check_classes(pair, labels_hw, task)
        pixels_hwc = np.ascontiguousarray(np.moveaxis(unit_rgb(image), 0, 2))
        samples.append(
            ClassSample(
                pair.name, group + kind_of(image), pixels_hwc, labels_hw, _typical(labels_hw, cells=task.boundary)
            )
        )
    return samples


def with_boundary(labels_hw: Labels) -> NDArray[np.int64]:
    """0 outside of cells, INSIDE, or BOUNDARY: within BOUNDARY_PIXELS of another cell or of the background. Pixels
    beyond the border count as what is at the border."""
    side = 2 * BOUNDARY_PIXELS + 1
    numbers_hw = labels_hw.astype(np.float32)
    square = np.ones((side, side), np.uint8)
    inner_hw = cv2.dilate(numbers_hw, square) == cv2.erode(numbers_hw, square)
    return np.where(labels_hw == 0, 0, np.where(inner_hw, INSIDE, BOUNDARY)).astype(np.int64)


def class_targets(labels_hw: Labels, task: Task) -> NDArray[np.int64]:
    """For each pixel the number of its logit."""
    return with_boundary(labels_hw) if task.boundary else labels_hw.astype(np.int64)


def draw_class_view(
    rng: np.random.Generator, sample: ClassSample, task: Task, *, size: int
) -> tuple[Floats, NDArray[np.int64]]:
    """A random view: pixels (3, size, size), and class numbers (size, size) with IGNORED outside of the image."""
    if task.diameter > 0:
        scale = draw_scale(rng, sample.diameter, task.diameter)
    else:
        scale = float(2 ** rng.uniform(-_FREE_SCALE, _FREE_SCALE))
    matrix = draw_transform(rng, sample.labels_hw, scale=scale, size=size)
    pixels_hwc = change_light(rng, warp_pixels(sample.pixels_hwc, matrix, scale=scale, size=size))
    valid_hw = warp_labels(np.ones_like(sample.labels_hw), matrix, size=size) > 0
    targets_hw = class_targets(warp_labels(sample.labels_hw, matrix, size=size), task)
    pixels_chw = np.moveaxis(pixels_hwc * valid_hw[..., None], 2, 0)
    return np.ascontiguousarray(pixels_chw, np.float32), np.where(valid_hw, targets_hw, IGNORED)
