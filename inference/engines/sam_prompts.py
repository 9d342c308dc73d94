"""People's prompts in Segment Anything's terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from inference.contracts import Box, Prompts
from inference.engines.prompts import says_where, strokes_as_points
from inference.engines.sam_frame import Frame, mask_logits

MASKS_SHOWN = 3


def as_seen(prompts: Prompts, frame: Frame) -> Prompts:
    """The prompt with strokes as points, and a lone mask with the box around it: SAM has never seen a mask without
    the clicks that led to it."""
    prompts = strokes_as_points(prompts, height=frame.height, width=frame.width, beside=True)
    mask = prompts.mask
    if mask is None or prompts.box is not None or any(point.positive for point in prompts.points):
        return prompts
    return replace(prompts, box=Box(mask.top, mask.left, mask.bottom, mask.right))


def before_last(prompts: Prompts) -> Prompts | None:
    """The prompt as it was before its last click (or stroke, where there are no clicks), or None where nothing was
    said before that."""
    if prompts.points:
        earlier = replace(prompts, points=prompts.points[:-1])
    elif prompts.scribbles:
        earlier = replace(prompts, scribbles=prompts.scribbles[:-1])
    else:
        return None
    return earlier if says_where(earlier) else None


def order(scores: Sequence[float], prompts: Prompts) -> list[int]:
    """Which of the decoder's masks to show, best first. Mask 0 is the one for clear prompts; one click alone is
    ambiguous and gets the three others."""
    readings = sorted(range(1, len(scores)), key=lambda index: -scores[index])
    clear = len(prompts.points) > 1 or prompts.box is not None or prompts.mask is not None
    return ([0, *readings] if clear else readings)[:MASKS_SHOWN]


def prompt_tensors(
    prompts: Prompts, frame: Frame, *, grid: int, device: torch.device, logits: Tensor | None = None
) -> dict[str, Any]:
    """The arguments of SAM's prompt encoder for a prompt without strokes; ``logits`` (4 × grid, 4 × grid) of an
    earlier answer take the mask's place. It takes (x, y) and adds half a pixel, which our coordinates have already:
    so half a *network* pixel is taken off."""
    rows, columns = frame.scale

    def place(row: float, col: float) -> list[float]:
        inside_row, inside_col = min(max(row, 0.0), frame.height), min(max(col, 0.0), frame.width)
        return [inside_col * columns - 0.5, inside_row * rows - 0.5]

    points = boxes = None
    if prompts.points:
        coordinates = torch.tensor([[place(point.row, point.col) for point in prompts.points]], device=device)
        labels = torch.tensor([[int(point.positive) for point in prompts.points]], device=device)
        points = (coordinates, labels)
    if prompts.box is not None:
        box = prompts.box
        boxes = torch.tensor([place(box.top, box.left) + place(box.bottom, box.right)], device=device)
    if logits is None and prompts.mask is not None:
        logits = torch.from_numpy(mask_logits(prompts.mask, frame, grid=grid)).to(device)
    return {"points": points, "boxes": boxes, "masks": None if logits is None else logits[None, None]}
