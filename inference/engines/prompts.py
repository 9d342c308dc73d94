"""What every prompt engine refuses in the same words, and strokes as points."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.contracts import AutoParams, Box, Embedding, Point, Prompts, Scribble
from inference.errors import EngineError, EngineErrorCode
from inference.rle import Rle

Places = NDArray[np.float64]
"""(n, 2) as (row, column)."""

STROKE_POINTS, ALL_STROKES_POINTS = 6, 12
"""At most so many points from one stroke, and from all strokes of one sign together."""
POINT_STEP = 4.0
"""Image pixels of a stroke between two points, or more where it is long."""
SHORT_STROKE = 8.0
"""A stroke with a smaller extent, in image pixels, says nothing of where its cell ends."""


def _invalid(message: str) -> EngineError:
    return EngineError(EngineErrorCode.PROMPT_INVALID, message, permanent=True)


def _check_point(point: Point, height: int, width: int) -> None:
    if not (math.isfinite(point.row) and math.isfinite(point.col)):
        raise _invalid("A click's position is not a number.")
    if not (0 <= point.row < height and 0 <= point.col < width):
        raise _invalid("A click lies outside of the image: click on the image.")


def _check_box(box: Box, height: int, width: int) -> None:
    if not all(math.isfinite(side) for side in (box.top, box.left, box.bottom, box.right)):
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


def _check_scribble(scribble: Scribble, height: int, width: int) -> None:
    if not scribble.places or not all(math.isfinite(side) for place in scribble.places for side in place):
        raise _invalid("A stroke's position is not a number.")
    if not any(0 <= row < height and 0 <= col < width for row, col in scribble.places):
        raise _invalid("A stroke lies outside of the image: draw it on the image.")


def says_where(prompts: Prompts) -> bool:
    """Whether anything in it says where the cell is, not only where it is not."""
    clicked, drawn = (any(each.positive for each in some) for some in (prompts.points, prompts.scribbles))
    return clicked or drawn or prompts.box is not None or prompts.mask is not None


def check_prompts(prompts: Prompts, *, height: int, width: int) -> None:
    """Raise EngineError(PROMPT_INVALID) for an empty prompt, one that only says what the cell is not, one outside
    of the image, and numbers that are not finite. A box or a stroke may stick out, as long as a part of it is
    inside."""
    if prompts == Prompts():
        raise _invalid("The prompt is empty: click on a cell or draw a box around it.")
    for point in prompts.points:
        _check_point(point, height, width)
    for scribble in prompts.scribbles:
        _check_scribble(scribble, height, width)
    if prompts.box is not None:
        _check_box(prompts.box, height, width)
    if prompts.mask is not None:
        _check_mask(prompts.mask, height, width)
    if not says_where(prompts):
        raise _invalid("The prompt only says what the cell is not: click on the cell first.")


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


def _along(stroke: Places, most: int) -> Places:
    """Points in the middles of equal parts of a stroke, at most ``most``."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    total = float(steps.sum())
    count = min(most, 1 + int(total / POINT_STEP))
    if total == 0:
        return stroke[:1]
    run = np.concatenate(([0.0], np.cumsum(steps)))
    at = (np.arange(count) + 0.5) / count * total
    found: Places = np.stack([np.interp(at, run, stroke[:, axis]) for axis in (0, 1)], axis=1)
    return found


def _inside(places: Places, height: int, width: int) -> Places:
    rows, columns = places.T
    kept: Places = places[(rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)]
    return kept


def _of_strokes(strokes: list[Places], height: int, width: int) -> Places:
    """The points of all strokes of one sign."""
    if not strokes:
        return np.empty((0, 2))
    if len(strokes) > ALL_STROKES_POINTS:
        strokes = [strokes[index] for index in np.linspace(0, len(strokes) - 1, ALL_STROKES_POINTS).astype(int)]
    most = max(1, min(STROKE_POINTS, ALL_STROKES_POINTS // len(strokes)))
    found = []
    for stroke in strokes:
        sampled = _inside(_along(stroke, most), height, width)
        found.append(sampled if sampled.size else _inside(stroke, height, width)[:1])
    return np.concatenate(found)


def _beside(places: Places) -> Places:
    """Two points that a cell under all these places hardly reaches: beside their middle, as far from it as the places
    reach from end to end, across their longer direction. None for places that lie close together."""
    extent = float(np.hypot(*(places[:, None] - places[None]).T).max())
    if extent < SHORT_STROKE:
        return np.empty((0, 2))
    centre = places.mean(axis=0)
    _, _, axes = np.linalg.svd(places - centre)
    found: Places = centre + np.array([[-1.0], [1.0]]) * extent * axes[1]
    return found


def strokes_as_points(prompts: Prompts, *, height: int, width: int, beside: bool = False) -> Prompts:
    """The same prompt with its strokes as points, in order: first those on positive strokes, then those on negative
    ones. With ``beside``, positive strokes without a box also put two negative points beside them, where the image
    has room."""
    if not prompts.scribbles:
        return prompts

    def places(*, positive: bool) -> Places:
        strokes = [np.array(each.places, dtype=float) for each in prompts.scribbles if each.positive == positive]
        return _of_strokes(strokes, height, width)

    on, off = places(positive=True), places(positive=False)
    if beside and on.size and prompts.box is None:
        clicked = [(point.row, point.col) for point in prompts.points if point.positive]
        off = np.concatenate([off, _inside(_beside(np.array([*on.tolist(), *clicked])), height, width)])
    more = [Point(float(row), float(col), positive=True) for row, col in on]
    more += [Point(float(row), float(col), positive=False) for row, col in off]
    return replace(prompts, points=(*prompts.points, *more), scribbles=())


def moved(prompts: Prompts, *, top: int, left: int) -> Prompts:
    """The same prompt in a tile that begins at (``top``, ``left``)."""
    box, mask = prompts.box, prompts.mask
    return Prompts(
        points=tuple(Point(each.row - top, each.col - left, each.positive) for each in prompts.points),
        box=None if box is None else Box(box.top - top, box.left - left, box.bottom - top, box.right - left),
        mask=None if mask is None else mask.moved(down=-top, across=-left),
        scribbles=tuple(
            Scribble(tuple((row - top, col - left) for row, col in each.places), each.positive)
            for each in prompts.scribbles
        ),
    )
