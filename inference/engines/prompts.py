"""What every prompt engine refuses in the same words."""

from __future__ import annotations

import math

from inference.contracts import AutoParams, Box, Embedding, Point, Prompts
from inference.errors import EngineError, EngineErrorCode


def _invalid(message: str) -> EngineError:
    return EngineError(EngineErrorCode.PROMPT_INVALID, message, permanent=True)


def _check_point(point: Point, *, height: int, width: int) -> None:
    # Written so that “not a number” is outside, too.
    if not (0 <= point.row <= height and 0 <= point.col <= width):
        raise _invalid("The click is outside of the image. Click inside.")


def _check_box(box: Box, *, height: int, width: int) -> None:
    if not all(map(math.isfinite, (box.top, box.left, box.bottom, box.right))):
        raise _invalid("The box has no size. Draw it again.")
    if box.top >= box.bottom or box.left >= box.right:
        raise _invalid("The box has no size. Draw it again.")
    if box.bottom <= 0 or box.right <= 0 or box.top >= height or box.left >= width:
        raise _invalid("The box is outside of the image. Draw it inside.")


def check_prompts(prompts: Prompts, *, height: int, width: int) -> None:
    """Raise EngineError(PROMPT_INVALID) unless there is something to go by, all of it inside of the image. A
    box or a mask may stick out, as long as a part of it is inside."""
    mask = prompts.mask
    if mask is not None and mask.area == 0:
        mask = None
    if prompts.box is None and mask is None and not any(point.positive for point in prompts.points):
        raise _invalid("There is nothing to go by. Click into a cell, or draw a box around it.")
    for point in prompts.points:
        _check_point(point, height=height, width=width)
    if prompts.box is not None:
        _check_box(prompts.box, height=height, width=width)
    if mask is not None and (mask.bottom <= 0 or mask.right <= 0 or mask.top >= height or mask.left >= width):
        raise _invalid("The mask is outside of the image. Choose another one.")


def check_embedding(embedding: Embedding, *, engine: str, weights: str, preprocessing: str) -> None:
    """Raise EngineError(EMBEDDING_MISSING) for an embedding that this engine, with its weights, did not
    make."""
    if (embedding.engine, embedding.weights, embedding.preprocessing) != (engine, weights, preprocessing):
        raise EngineError(
            EngineErrorCode.EMBEDDING_MISSING,
            "The image was prepared with another engine or other weights. Open it again.",
            permanent=False,
        )


def check_diameter(params: AutoParams) -> None:
    """Raise EngineError(REQUEST_INVALID) for a cell diameter that cannot be meant."""
    if params.diameter is not None and not 0 < params.diameter < math.inf:
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID, "The cell diameter has to be above zero pixels.", permanent=True
        )
