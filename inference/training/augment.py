"""Random views of training images: place, rotation, flip, size and brightness, all from one generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.flows import Floats, Labels
from inference.networks.starter import DIAMETER
from inference.training.datasets import Sample

_SMALLEST, _LARGEST = 1 / 3, 10 / 3
_NORMAL_SHARE = 0.65
_GROUP_POWER = 0.5
_ON_CELL_SHARE = 0.8
_SHUFFLE_SHARE = 0.3
_INVERT_SHARE = 0.06
_SHADE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """One square crop. ``valid_hw`` is 1 inside of the source image; ``log_diameter_hw`` is log2(cell diameter / the
    network's) inside of cells and 0 elsewhere; the rest as in Sample, in the crop's pixels."""

    pixels_hw: Floats
    labels_hw: Labels
    flow: Floats
    log_diameter_hw: Floats
    valid_hw: Floats


class Grouped(Protocol):
    """Whatever is drawn together with what looks like it."""

    @property
    def group(self) -> str:
        """The name of those that look alike."""


def draw_weights(samples: Sequence[Grouped]) -> NDArray[np.float64]:
    """Probability of each sample: a group as large as 10 others together is seen only 10**0.5 times as often."""
    groups, member, count = np.unique([s.group for s in samples], return_inverse=True, return_counts=True)
    share = count**_GROUP_POWER
    weights: NDArray[np.float64] = share[member] / count[member]
    return weights / weights.sum() if groups.size else weights


def draw_scale(rng: np.random.Generator, diameter: float, wanted: float) -> float:
    """Enlargement of cells ``diameter`` pixels wide: mostly to about ``wanted``, sometimes anything, so that the
    network can tell sizes."""
    if diameter <= 0:
        return float(2 ** rng.uniform(-1, 1))
    if rng.random() < _NORMAL_SHARE:
        target = wanted * 2 ** rng.uniform(-0.7, 0.7)
    else:
        target = wanted * _SMALLEST * (_LARGEST / _SMALLEST) ** rng.uniform()
    return float(target / diameter)


def draw_transform(rng: np.random.Generator, labels_hw: Labels, *, scale: float, size: int) -> NDArray[np.float64]:
    """(2, 3) matrix from crop (x, y) to source (x, y): turned, perhaps mirrored, mostly with a label near the
    middle."""
    angle = rng.uniform(0, 2 * np.pi)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([flip, 1.0])
    rows, cols = np.nonzero(labels_hw) if rng.random() < _ON_CELL_SHARE else ((), ())
    if len(rows):
        pick = int(rng.integers(len(rows)))
        middle = np.array([cols[pick], rows[pick]]) + rng.uniform(-0.4, 0.4, 2) * size / scale
    else:
        middle = rng.uniform(0, 1, 2) * labels_hw.shape[::-1]
    matrix = turn / scale
    return np.column_stack([matrix, middle - matrix @ np.full(2, size / 2)])


def _floats(array: NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float32)


def _shade(rng: np.random.Generator, size: int) -> Floats:
    """Uneven light (size, size), 0.5 to 1.5, without detail."""
    return _floats(cv2.resize(_floats(rng.uniform(0.5, 1.5, (3, 3))), (size, size), interpolation=cv2.INTER_CUBIC))


def change_light(rng: np.random.Generator, pixels: Floats) -> Floats:
    """Pixels (row, column) or (row, column, plane) of a square picture in other light: inverted, shaded, with other
    contrast, blurred, noisy."""
    if rng.random() < _INVERT_SHARE:
        pixels = 1 - pixels
    if rng.random() < _SHADE_SHARE:
        shade_hw = _shade(rng, pixels.shape[0])
        pixels = pixels * (shade_hw if pixels.ndim == 2 else shade_hw[..., None])
    pixels = np.sign(pixels) * np.abs(pixels) ** np.float32(2 ** rng.uniform(-0.8, 0.8))
    pixels = pixels * np.float32(rng.uniform(0.7, 1.3)) + np.float32(rng.uniform(-0.08, 0.08))
    if rng.random() < 0.25:
        pixels = _floats(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.4))))
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels.shape, np.float32)
        pixels = pixels + np.float32(rng.uniform(0, 0.06)) * noise
    return np.clip(pixels, -0.5, 2).astype(np.float32)


def draw_view(rng: np.random.Generator, sample: Sample, *, size: int, diameter: float = DIAMETER) -> View:
    """A random ``size`` × ``size`` view of the sample for a network that sees cells ``diameter`` pixels wide. Flow
    vectors turn with the picture."""
    scale = draw_scale(rng, sample.diameter, diameter)
    matrix = draw_transform(rng, sample.labels_hw, scale=scale, size=size)
    return warp(rng, sample, matrix, scale=scale, diameter=diameter, size=size)


def warp_pixels(pixels: Floats, matrix: NDArray[np.float64], *, scale: float, size: int) -> Floats:
    """Pixels (row, column) or (row, column, plane) of the crop; smoothed first where they shrink."""
    if scale < 0.75:
        pixels = _floats(cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale))
    return _floats(cv2.warpAffine(pixels, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def warp_labels(labels_hw: Labels, matrix: NDArray[np.float64], *, size: int) -> Labels:
    """Labels of the crop: of each pixel the nearest; 0 outside of the image. Exact up to 2**24."""
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(labels_hw.astype(np.float32), matrix, (size, size), flags=flags), np.int32)


def warp(
    rng: np.random.Generator, sample: Sample, matrix: NDArray[np.float64], *, scale: float, diameter: float, size: int
) -> View:
    """The view that ``matrix`` (crop x, y → source x, y) cuts out."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels_hw = sample.pixels_hw
    if sample.shuffled and rng.random() < _SHUFFLE_SHARE:
        pixels_hw = sample.shuffled[int(rng.integers(len(sample.shuffled)))]
    pixels_hw = warp_pixels(pixels_hw, matrix, scale=scale, size=size)
    labels_hw = warp_labels(sample.labels_hw, matrix, size=size)
    valid_hw = _floats(warp_labels(np.ones_like(sample.labels_hw), matrix, size=size))
    rows, cols = (cv2.warpAffine(plane, matrix, (size, size), flags=flags) for plane in sample.flow)
    back = matrix[:, :2].T * scale
    turned = np.stack([back[1, 0] * cols + back[1, 1] * rows, back[0, 0] * cols + back[0, 1] * rows])
    length = np.maximum(np.hypot(turned[0], turned[1]), 1e-6)
    inside = labels_hw > 0
    sizes = sample.diameters[labels_hw] * scale / diameter
    return View(
        pixels_hw=change_light(rng, pixels_hw) * valid_hw,
        labels_hw=labels_hw,
        flow=(turned / length * inside).astype(np.float32),
        log_diameter_hw=np.where(inside, np.log2(np.maximum(sizes, 1e-3)), 0).astype(np.float32),
        valid_hw=valid_hw,
    )
