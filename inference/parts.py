"""All cells of an image, part by part, whatever kind of engine finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from inference import rle
from inference.contracts import AutoParams, MaskResult, Part, Segmentation
from inference.engines.base import AutoEngine, Image, Progress, StreamEngine
from inference.memory import with_less_memory


def part_of(number: int, found: Segmentation) -> Part:
    """A segmentation as one part; the score is 1 where the engine gives none."""
    scores, classes = found.scores, found.classes
    masks = rle.from_labels(found.labels_hw)
    cells = tuple(MaskResult(mask, scores[label - 1] if label <= len(scores) else 1.0) for label, mask in masks)
    return Part(number, cells, tuple(classes[label - 1] for label, _ in masks) if classes else ())


def parts_of(
    engine: AutoEngine, image: Image, params: AutoParams, *, progress: Progress | None = None
) -> Iterator[Part]:
    """All cells: in many parts from an engine that streams, else in one. Out of memory is looked after."""
    if isinstance(engine, StreamEngine):
        yield from engine.stream(image, params, progress=progress)
    else:
        yield part_of(0, with_less_memory(lambda: engine.segment(image, params, progress=progress)))


def segment_all(engine: AutoEngine, images: Iterable[Image], params: AutoParams) -> Iterator[Segmentation]:
    """The cells of each image, in order; several images at once where the engine can."""
    if isinstance(engine, StreamEngine):
        yield from engine.segment_many(images, params)
    else:
        for image in images:
            yield engine.segment(image, params)


def gather(parts: Iterable[Part], height: int, width: int) -> Segmentation:
    """Parts as one label image, numbered in the order of the cells' first pixels."""
    cells = [
        (cell, name)
        for part in parts
        for cell, name in zip(part.cells, part.classes or ("",) * len(part.cells), strict=True)
    ]
    cells.sort(key=lambda each: (each[0].mask.top, each[0].mask.left, each[0].mask.counts))
    labels_hw = np.zeros((height, width), np.int32)
    for label, (cell, _) in enumerate(cells, start=1):
        rle.paste(cell.mask, labels_hw, label)
    seen = np.bincount(labels_hw.ravel(), minlength=len(cells) + 1)[1:] > 0
    if not seen.all():
        labels_hw = np.concatenate(([0], np.cumsum(seen) * seen)).astype(np.int32)[labels_hw]
    shown = [each for each, kept in zip(cells, seen, strict=True) if kept]
    classes = tuple(name for _, name in shown)
    return Segmentation(labels_hw, tuple(cell.score for cell, _ in shown), classes if any(classes) else ())
