"""Random views of training images: place, rotation, flip, size and brightness, all from one generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.flows import Floats, Labels
from inference.networks.starter import DIAMETER
from inference.training.datasets import Sample

_SMALLEST, _LARGEST = 8.0, 80.0
_NORMAL_SHARE = 0.65
_GROUP_POWER = 0.5
_ON_CELL_SHARE = 0.8
_SHUFFLE_SHARE = 0.3
_INVERT_SHARE = 0.06
_SHADE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """One square crop. ``valid_hw`` is 1 inside of the source image; ``log_diameter_hw`` is log2(cell diameter /
    DIAMETER) inside of cells and 0 elsewhere; the rest as in Sample, in the crop's pixels."""

    pixels_hw: Floats
    labels_hw: Labels
    flow: Floats
    log_diameter_hw: Floats
    valid_hw: Floats


def draw_weights(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """Probability of each sample: a group as large as 10 others together is seen only 10**0.5 times as often."""
    groups, member, count = np.unique([s.group for s in samples], return_inverse=True, return_counts=True)
    share = count**_GROUP_POWER
    weights: NDArray[np.float64] = share[member] / count[member]
    return weights / weights.sum() if groups.size else weights


def _draw_scale(rng: np.random.Generator, diameter: float) -> float:
    """Enlargement: mostly to about DIAMETER, sometimes anything, so that the network can tell sizes."""
    if diameter <= 0:
        return float(2 ** rng.uniform(-1, 1))
    if rng.random() < _NORMAL_SHARE:
        target = DIAMETER * 2 ** rng.uniform(-0.7, 0.7)
    else:
        target = _SMALLEST * (_LARGEST / _SMALLEST) ** rng.uniform()
    return float(target / diameter)


def _draw_transform(rng: np.random.Generator, sample: Sample, size: int) -> tuple[NDArray[np.float64], float]:
    """(2, 3) matrix from crop (x, y) to source (x, y), and the enlargement."""
    scale = _draw_scale(rng, sample.diameter)
    angle = rng.uniform(0, 2 * np.pi)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([flip, 1.0])
    rows, cols = np.nonzero(sample.labels_hw) if rng.random() < _ON_CELL_SHARE else ((), ())
    if len(rows):
        pick = int(rng.integers(len(rows)))
        middle = np.array([cols[pick], rows[pick]]) + rng.uniform(-0.4, 0.4, 2) * size / scale
    else:
        middle = rng.uniform(0, 1, 2) * sample.labels_hw.shape[::-1]
    matrix = turn / scale
    return np.column_stack([matrix, middle - matrix @ np.full(2, size / 2)]), scale


def _floats(array: NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float32)


def _shade(rng: np.random.Generator, size: int) -> Floats:
    """Uneven light (size, size), 0.5 to 1.5, without detail."""
    return _floats(cv2.resize(_floats(rng.uniform(0.5, 1.5, (3, 3))), (size, size), interpolation=cv2.INTER_CUBIC))


def _change_light(rng: np.random.Generator, pixels_hw: Floats) -> Floats:
    if rng.random() < _INVERT_SHARE:
        pixels_hw = 1 - pixels_hw
    if rng.random() < _SHADE_SHARE:
        pixels_hw = pixels_hw * _shade(rng, pixels_hw.shape[0])
    pixels_hw = np.sign(pixels_hw) * np.abs(pixels_hw) ** np.float32(2 ** rng.uniform(-0.8, 0.8))
    pixels_hw = pixels_hw * np.float32(rng.uniform(0.7, 1.3)) + np.float32(rng.uniform(-0.08, 0.08))
    if rng.random() < 0.25:
        pixels_hw = _floats(cv2.GaussianBlur(pixels_hw, (0, 0), float(rng.uniform(0.4, 1.4))))
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels_hw.shape, np.float32)
        pixels_hw = pixels_hw + np.float32(rng.uniform(0, 0.06)) * noise
    return np.clip(pixels_hw, -0.5, 2).astype(np.float32)


def draw_view(rng: np.random.Generator, sample: Sample, *, size: int) -> View:
    """A random ``size`` × ``size`` view of the sample. Flow vectors turn with the picture."""
    matrix, scale = _draw_transform(rng, sample, size)
    return warp(rng, sample, matrix, scale=scale, size=size)


def warp(rng: np.random.Generator, sample: Sample, matrix: NDArray[np.float64], *, scale: float, size: int) -> View:
    """The view that ``matrix`` (crop x, y → source x, y) cuts out."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    nearest = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    pixels_hw = sample.pixels_hw
    if sample.shuffled and rng.random() < _SHUFFLE_SHARE:
        pixels_hw = sample.shuffled[int(rng.integers(len(sample.shuffled)))]
    if scale < 0.75:
        pixels_hw = _floats(cv2.GaussianBlur(pixels_hw, (0, 0), 0.4 / scale))
    pixels_hw = _floats(cv2.warpAffine(pixels_hw, matrix, (size, size), flags=flags))
    turned_hw = cv2.warpAffine(sample.labels_hw.astype(np.float32), matrix, (size, size), flags=nearest)
    labels_hw = np.asarray(turned_hw, np.int32)
    whole_hw = np.ones(sample.labels_hw.shape, np.float32)
    valid_hw = _floats(cv2.warpAffine(whole_hw, matrix, (size, size), flags=nearest))
    rows, cols = (cv2.warpAffine(plane, matrix, (size, size), flags=flags) for plane in sample.flow)
    back = matrix[:, :2].T * scale
    turned = np.stack([back[1, 0] * cols + back[1, 1] * rows, back[0, 0] * cols + back[0, 1] * rows])
    length = np.maximum(np.hypot(turned[0], turned[1]), 1e-6)
    inside = labels_hw > 0
    sizes = sample.diameters[labels_hw] * scale / DIAMETER
    return View(
        pixels_hw=_change_light(rng, pixels_hw) * valid_hw,
        labels_hw=labels_hw,
        flow=(turned / length * inside).astype(np.float32),
        log_diameter_hw=np.where(inside, np.log2(np.maximum(sizes, 1e-3)), 0).astype(np.float32),
        valid_hw=valid_hw,
    )
