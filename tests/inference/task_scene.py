"""A port that writes down what it is told, an engine that does next to nothing, and requests to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from inference import ports, torch_runtime
from inference.contracts import (
    AutoParams,
    Embedding,
    EngineCard,
    MaskResult,
    Part,
    Prompts,
    Provenance,
    Segmentation,
)
from inference.rle import encode


class Recorder:
    """A reply port. What it gets has to be JSON, or it fails."""

    def __init__(self) -> None:
        self.newest = 0
        self.stop_at = 2.0
        self.stop_at_part = 100
        self.previews: list[tuple[str, int, Any]] = []
        self.jobs: list[tuple[str, Any]] = []
        self.fractions: list[float] = []
        self.parts: list[tuple[str, int, Part, Provenance]] = []
        self.finishes: list[tuple[str, int]] = []
        self.failures: list[tuple[str, int, Any]] = []
        self.tunings: list[tuple[str, int, Segmentation, Provenance, float]] = []

    def is_stale(self, reply_to: str, prompt_id: int) -> bool:
        return prompt_id < self.newest

    def preview(self, reply_to: str, prompt_id: int, answer: ports.Json) -> None:
        self.previews.append((reply_to, prompt_id, json.loads(json.dumps(answer))))

    def tuned(
        self, reply_to: str, prompt_id: int, result: Segmentation, *, provenance: Provenance, engine_ms: float
    ) -> None:
        self.tunings.append((reply_to, prompt_id, result, provenance, engine_ms))

    def job(self, reply_to: str, state: ports.Json) -> None:
        self.jobs.append((reply_to, json.loads(json.dumps(state))))

    def progress(self, job_id: str, attempt: int, fraction: float) -> bool:
        self.fractions.append(fraction)
        return fraction < self.stop_at

    def part(self, job_id: str, attempt: int, part: Part, *, provenance: Provenance) -> bool:
        self.parts.append((job_id, attempt, part, provenance))
        return len(self.parts) < self.stop_at_part

    def finished(self, job_id: str, attempt: int, *, seconds: float) -> None:
        self.finishes.append((job_id, attempt))

    def failed(self, job_id: str, attempt: int, error: ports.Json) -> None:
        self.failures.append((job_id, attempt, json.loads(json.dumps(error))))


class PlainEngine:
    """All kinds of engine: a click gives the pixel under it, every bright pixel is a cell, and of what is kept, every
    pixel above the threshold."""

    card = EngineCard("plain", "Plain", "", frozenset({"prompt", "auto", "flows"}), "Apache-2.0")
    weights = "c" * 64
    preprocessing = "plain-1"

    def __init__(self) -> None:
        self.encoded = 0
        self.errors: list[BaseException] = []
        self.batches: list[int] = []

    def load(self) -> None:
        """Nothing to read."""

    def _fail(self) -> None:
        self.batches.append(torch_runtime.batch_size(8))
        if self.errors:
            raise self.errors.pop(0)

    def encode(self, image: Any) -> Embedding:
        self._fail()
        self.encoded += 1
        return Embedding("plain", self.weights, self.preprocessing, *image.shape[:2], {"all": np.asarray(image)})

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        self._fail()
        point = prompts.points[0]
        return [MaskResult(encode(np.ones((1, 1), bool), top=int(point.row), left=int(point.col)), 0.75)]

    def segment(self, image: Any, params: AutoParams, *, progress: Any = None) -> Segmentation:
        self._fail()
        for fraction in (0.5, 1.0):
            progress(fraction)
        labels = np.zeros(image.shape[:2], np.int32)
        labels[image > 100] = np.arange(1, int((image > 100).sum()) + 1)
        return Segmentation(labels, (1.0,) * int(labels.max()))

    def masks(self, embedding: Embedding, params: AutoParams, *, progress: Any = None) -> Segmentation:
        self._fail()
        above = np.asarray(embedding.arrays["all"]) > (params.cell_probability or 0.0)
        labels = np.zeros(above.shape, np.int32)
        labels[above] = np.arange(1, int(above.sum()) + 1)
        return Segmentation(labels, (1.0,) * int(above.sum()))


class StreamingEngine(PlainEngine):
    """Hands over three parts, and is asked for nothing else."""

    def stream(self, image: Any, params: AutoParams, *, progress: Any = None) -> Iterator[Part]:
        for number in range(3):
            self._fail()
            progress(number / 3)
            yield Part(number, (MaskResult(encode(np.ones((1, 1), bool), top=number), 0.5),))

    def segment_many(self, images: Any, params: AutoParams) -> Iterator[Segmentation]:
        raise AssertionError("nobody asked for that")


def click(image: dict[str, object], **more: object) -> dict[str, object]:
    prompts = {"points": [{"row": 3.5, "col": 7.5, "positive": True}], "box": None, "mask": None}
    return {
        "reply_to": "someone",
        "prompt_id": 5,
        "sent_at": 0.0,
        "engine": "plain",
        "image": image,
        "prompts": prompts,
        **more,
    }


def embedding(image: dict[str, object], **more: object) -> dict[str, object]:
    return {"job_id": None, "reply_to": "someone", "engine": "plain", "image": image, **more}


def run(image: dict[str, object], **more: object) -> dict[str, object]:
    return {"job_id": "j1", "attempt": 2, "engine": "plain", "image": image, "params": {}, **more}
