"""Prompts of people, brought to the network's scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.contracts import Prompts
from inference.engines.prompts import strokes_as_points
from inference.engines.starter_window import Click, Corners
from inference.rle import Rle


@dataclass(frozen=True, slots=True)
class Scaled:
    """A prompt in network pixels; the mask stays in image pixels."""

    clicks: list[Click]
    box: Corners | None
    mask: Rle | None


def scale_prompts(prompts: Prompts, *, height: int, width: int, down: float, across: float) -> Scaled:
    """The same in network pixels, ``down`` and ``across`` of which lie in an image pixel; the box cut to the image,
    strokes as clicks along them."""
    prompts = strokes_as_points(prompts, height=height, width=width)
    clicks = [Click(point.row * down, point.col * across, point.positive) for point in prompts.points]
    box = prompts.box
    corners = None
    if box is not None:
        top, bottom = np.clip((box.top, box.bottom), 0, height) * down
        left, right = np.clip((box.left, box.right), 0, width) * across
        corners = (float(top), float(left), float(bottom), float(right))
    return Scaled(clicks, corners, prompts.mask)
