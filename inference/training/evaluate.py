"""What the commands `evaluate`, `simulate` and `segment` do, without Django: folders in, plain dictionaries out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from inference.contracts import AutoParams
from inference.engines.base import AutoEngine, Image, PromptEngine
from inference.errors import EngineError
from inference.files import read_image
from inference.parts import segment_all
from inference.training.datasets import Pair, read_pair
from inference.training.metrics import average_precision, mean_by_key
from inference.training.simulate import CellRun, mean_clicks, mean_ious, run_image

AP_KEYS = ("0.5", "0.75", "mean")
Say = Callable[[str], None]


def evaluate(
    engine: AutoEngine, pairs: Sequence[Pair], *, params: AutoParams | None = None, say: Say | None = None
) -> dict[str, object]:
    """AP of an engine over pairs: the JSON of `manage.py evaluate`; the total is the mean over images. The seconds are
    those since the image before: engines that fill batches over images may be done with several at once."""
    rows: list[dict[str, object]] = []
    scores: list[dict[str, float]] = []
    truths: deque[tuple[Pair, NDArray[np.int32]]] = deque()

    def images() -> Iterator[Image]:
        for pair in pairs:
            image, labels_hw = read_pair(pair)
            truths.append((pair, labels_hw))
            yield image

    start = time.perf_counter()
    for found in segment_all(engine, images(), params or AutoParams()):
        pair, labels_hw = truths.popleft()
        seconds = time.perf_counter() - start
        ap = average_precision(labels_hw, found.labels_hw)
        objects = int(np.count_nonzero(np.unique(labels_hw)))
        rows.append({"name": pair.name, "objects": objects, "ap": ap, "seconds": round(seconds, 4)})
        scores.append(ap)
        if say is not None:
            say(f"{pair.name}: {objects} cells, AP@0.5 {ap['0.5']:.3f}, {seconds:.2f} s")
        start = time.perf_counter()
    return {
        "engine": engine.card.name,
        "images": len(rows),
        "ap": mean_by_key(scores, AP_KEYS),
        "per_image": rows,
    }


def simulate(engine: PromptEngine, pairs: Sequence[Pair], *, say: Say | None = None) -> dict[str, object]:
    """Clicks of a simulated annotator over pairs: the JSON of `manage.py simulate`; totals are means over cells."""
    rows: list[dict[str, object]] = []
    runs: list[CellRun] = []
    for pair in pairs:
        image, labels_hw = read_pair(pair)
        own = run_image(engine, engine.encode(image), labels_hw)
        rows.append({"name": pair.name, "mean_iou": mean_ious(own)})
        runs += own
        if say is not None:
            say(f"{pair.name}: {len(own)} cells, IoU after one click {mean_ious(own)['1']:.3f}")
    return {
        "engine": engine.card.name,
        "images": len(rows),
        "objects": len(runs),
        "mean_iou": mean_ious(runs),
        "clicks_to": mean_clicks(runs),
        "per_image": rows,
    }


def label_file_array(labels_hw: NDArray[np.int32]) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """uint16, or uint32 where there are more than 65,535 cells."""
    if labels_hw.max(initial=0) > 65_535:
        return labels_hw.astype(np.uint32)
    return labels_hw.astype(np.uint16)


def segment_files(
    engine: AutoEngine, files: Sequence[Path], out: Path, *, params: AutoParams | None = None, say: Say
) -> list[str]:
    """Write STEM.tif into ``out`` for each file; returns a sentence for each file that failed."""
    out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    waiting: deque[Path] = deque()

    def images() -> Iterator[Image]:
        taken: set[Path] = set()
        for path in files:
            target = out / f"{path.stem}.tif"
            if target in taken or target.resolve() == path.resolve():
                problems.append(f"“{path.name}” was left out: “{target.name}” would be overwritten.")
                continue
            try:
                image = read_image(path)
            except EngineError as error:
                problems.append(error.message)
                continue
            taken.add(target)
            waiting.append(path)
            yield image

    remaining = images()
    while True:
        try:
            for found in segment_all(engine, remaining, params or AutoParams()):
                path = waiting.popleft()
                target = out / f"{path.stem}.tif"
                tifffile.imwrite(target, label_file_array(found.labels_hw), compression="zlib")
                say(f"{path.name}: {len(found.scores)} cells → {target}")
            return problems
        except EngineError as error:
            problems += [f"“{path.name}”: {error.message}" for path in waiting]
            waiting.clear()
