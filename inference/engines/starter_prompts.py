"""Prompts of people, checked and brought to the network's scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inference.contracts import Box, Point, Prompts
from inference.engines.starter_window import Click, Corners
from inference.errors import EngineError, EngineErrorCode
from inference.rle import Rle


@dataclass(frozen=True, slots=True)
class Scaled:
    """A prompt in network pixels; the mask stays in image pixels."""

    clicks: list[Click]
    box: Corners | None
    mask: Rle | None


def _invalid(message: str) -> EngineError:
    return EngineError(EngineErrorCode.PROMPT_INVALID, message, permanent=True)


def _check_point(point: Point, height: int, width: int) -> None:
    if not (math.isfinite(point.row) and math.isfinite(point.col)):
        raise _invalid("A click's position is not a number.")
    if not (0 <= point.row < height and 0 <= point.col < width):
        raise _invalid("A click lies outside of the image: click on the image.")


def _check_box(box: Box, height: int, width: int) -> None:
    sides = (box.top, box.left, box.bottom, box.right)
    if not all(math.isfinite(side) for side in sides):
        raise _invalid("A box's side is not a number.")
    if box.bottom <= box.top or box.right <= box.left:
        raise _invalid("The box is empty: draw it around a cell.")
    if box.bottom <= 0 or box.right <= 0 or box.top >= height or box.left >= width:
        raise _invalid("The box lies outside of the image: draw it on the image.")


def _check_mask(mask: Rle, height: int, width: int) -> None:
    if mask.area == 0:
        raise _invalid("The mask is empty: give one with at least one pixel.")
    if mask.top < 0 or mask.left < 0 or mask.bottom > height or mask.right > width:
        raise _invalid("The mask reaches beyond the image.")


def check_prompts(prompts: Prompts, *, height: int, width: int) -> None:
    """Raise EngineError(PROMPT_INVALID) for an empty prompt, one that only says what the cell is not, one outside
    of the image, and numbers that are not finite."""
    if not prompts.points and prompts.box is None and prompts.mask is None:
        raise _invalid("The prompt is empty: click on a cell or draw a box around it.")
    for point in prompts.points:
        _check_point(point, height, width)
    if prompts.box is not None:
        _check_box(prompts.box, height, width)
    if prompts.mask is not None:
        _check_mask(prompts.mask, height, width)
    if prompts.box is None and prompts.mask is None and not any(point.positive for point in prompts.points):
        raise _invalid("The prompt only says what the cell is not: click on the cell first.")


def scale_prompts(prompts: Prompts, *, height: int, width: int, down: float, across: float) -> Scaled:
    """The same in network pixels, ``down`` and ``across`` of which lie in an image pixel; the box cut to the image."""
    clicks = [Click(point.row * down, point.col * across, point.positive) for point in prompts.points]
    box = prompts.box
    corners = None
    if box is not None:
        top, bottom = np.clip((box.top, box.bottom), 0, height) * down
        left, right = np.clip((box.left, box.right), 0, width) * across
        corners = (float(top), float(left), float(bottom), float(right))
    return Scaled(clicks, corners, prompts.mask)
