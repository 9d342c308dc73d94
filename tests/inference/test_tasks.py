"""The tasks, with a port that writes down what it is told and an engine that does next to nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded

from inference import ports, tasks, torch_runtime
from inference.contracts import (
    AutoParams,
    Box,
    Embedding,
    EngineCard,
    MaskResult,
    Part,
    Prompts,
    Provenance,
    Segmentation,
)
from inference.engines import registry
from inference.errors import EngineError, EngineErrorCode
from inference.parts import part_of
from inference.queues import ROUTES
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


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainEngine]:
    monkeypatch.setitem(registry._PATHS, "plain", f"{__name__}:PlainEngine")
    registry._engine.cache_clear()
    made: Any = registry._engine("plain")
    yield made
    registry._engine.cache_clear()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(ports, "_port", None)
    ports.set_reply_port(recorder)
    return recorder


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path / "embeddings"))
    pixels = np.zeros((20, 30), np.uint8)
    pixels[4, 5] = pixels[15, 25] = 200
    np.save(tmp_path / "pixels.npy", pixels)
    return {"path": str(tmp_path / "pixels.npy"), "sha256": "a" * 64, "height": 20, "width": 30}


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


def test_a_click_on_a_prepared_image_is_answered(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    tasks.embed(embedding(image))
    tasks.predict(click(image))
    [(reply_to, prompt_id, answer)] = port.previews
    assert (reply_to, prompt_id) == ("someone", 5)
    assert answer["candidates"] == [
        {"mask": {"top": 3, "left": 7, "height": 1, "width": 1, "counts": [0, 1]}, "score": 0.75}
    ]
    assert (answer["engine"], answer["weights"], answer["preprocessing"]) == ("plain", "c" * 64, "plain-1")
    assert 0 <= answer["engine_ms"] < 1000


def test_a_click_never_encodes(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    tasks.predict(click(image))
    [(_, _, answer)] = port.previews
    assert answer["error"]["code"] == "embedding_missing"
    assert answer["error"]["permanent"] is False
    assert engine.encoded == 0


def test_a_prompt_that_did_not_wait_is_answered_without_asking(
    engine: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    port.newest = 6
    tasks.predict({**click(image), "sent_at": time.time() + 0.001})
    tasks.predict({**click(image), "sent_at": time.time()})
    assert [number for _, number, _ in port.previews] == [5]


def test_a_prompt_that_was_overtaken_is_dropped(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    port.newest = 6
    tasks.predict(click(image))
    assert port.previews == []
    assert engine.batches == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"engine": "none"}, "unknown_engine"),
        ({"prompts": {"points": [{"row": "3", "col": 1}]}}, "request_invalid"),
        ({"prompts": {"points": [{"row": True, "col": 1}]}}, "request_invalid"),
        ({"prompts": {"box": {"top": 1}}}, "request_invalid"),
        (
            {"prompts": {"mask": {"top": 0, "left": 0, "height": 2, "width": 2, "counts": [1]}}},
            "request_invalid",
        ),
        ({"prompts": None}, "request_invalid"),
        ({"image": {"path": "x"}}, "request_invalid"),
    ],
)
def test_a_wrong_request_gets_an_answer(
    engine: PlainEngine, port: Recorder, image: dict[str, object], change: dict[str, object], code: str
) -> None:
    tasks.predict({**click(image), **change})
    [(_, _, answer)] = port.previews
    assert (answer["error"]["code"], answer["error"]["permanent"]) == (code, True)
    assert answer["error"]["message"].endswith(".")


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_click_is_answered_when_memory_runs_out(
    engine: PlainEngine, port: Recorder, image: dict[str, object], failures: int
) -> None:
    tasks.embed(embedding(image))
    engine.batches.clear()
    engine.errors = [torch.OutOfMemoryError("CUDA out of memory")] * failures
    tasks.predict(click(image))
    assert engine.batches == [8, 4, 1][: failures + 1]
    [(_, _, answer)] = port.previews
    assert ("candidates" in answer) == (failures < 3)
    if failures == 3:
        assert answer["error"]["code"] == "out_of_memory"
        assert answer["error"]["permanent"] is False


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("a bug"), "internal"), (SoftTimeLimitExceeded(), "timed_out")], ids=str
)
def test_what_nobody_expected_is_logged_and_answered(
    engine: PlainEngine, port: Recorder, image: dict[str, object], error: Exception, code: str
) -> None:
    tasks.embed(embedding(image))
    for task, request in ((tasks.predict, click(image)), (tasks.segment, run(image))):
        engine.errors = [error]
        task(request)
    answers = [port.previews[0][2]["error"], port.failures[0][2]]
    assert [answer["code"] for answer in answers] == [code, code]
    assert not any("a bug" in answer["message"] for answer in answers)


def test_an_image_is_encoded_once(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    tasks.embed(embedding(image, job_id="j7"))
    tasks.embed(embedding(image))
    assert engine.encoded == 1
    states = [(state["job_id"], state["state"], state["fraction"]) for _, state in port.jobs]
    assert states == [("j7", "running", 0.0), ("j7", "done", 1.0), (None, "done", 1.0)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.npy", None),
        ("empty.npy", b""),
        ("object.npy", "object"),
        ("float.npy", "float"),
        ("size.npy", "size"),
    ],
)
def test_pixels_that_are_not_as_promised_are_refused(
    engine: PlainEngine, port: Recorder, image: dict[str, object], tmp_path: Path, name: str, content: object
) -> None:
    path = tmp_path / name
    arrays = {
        "object": np.array([{}], object),
        "float": np.zeros((20, 30)),
        "size": np.zeros((30, 20), np.uint8),
    }
    if isinstance(content, str):
        np.save(path, arrays[content], allow_pickle=True)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    tasks.embed(embedding({**image, "path": str(path)}))
    _, state = port.jobs[-1]
    assert (state["state"], state["error"]["code"]) == ("failed", "image_unsupported")
    assert engine.encoded == 0


def test_a_run_hands_over_all_cells_and_where_they_are_from(
    engine: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    tasks.segment(run(image, params={"min_area": 3, "diameter": 12}))
    [(job_id, attempt, part, provenance)] = port.parts
    assert (job_id, attempt) == ("j1", 2)
    assert [(cell.mask.top, cell.mask.left, cell.mask.area) for cell in part.cells] == [(4, 5, 1), (15, 25, 1)]
    assert port.finishes == [("j1", 2)]
    assert (provenance.engine, provenance.weights) == ("plain", "c" * 64)
    assert provenance.params == {
        "cell_probability": None,
        "flow_error": None,
        "min_area": 3,
        "diameter": 12.0,
        "cached": False,
    }
    assert port.fractions == [0.0, 0.5, 1.0]
    assert port.failures == []


@pytest.mark.parametrize(("stop_at", "worked"), [(0.0, False), (0.5, True)], ids=["at once", "on the way"])
def test_a_run_stops_when_the_port_says_so(
    engine: PlainEngine, port: Recorder, image: dict[str, object], stop_at: float, worked: bool
) -> None:
    port.stop_at = stop_at
    tasks.segment(run(image))
    assert port.parts == port.finishes == []
    assert port.failures[0][2]["code"] == "cancelled"
    assert bool(engine.batches) == worked


def tuning(image: dict[str, object], **more: object) -> dict[str, object]:
    params = {"cell_probability": 100}
    return {"reply_to": "someone", "prompt_id": 5, "engine": "plain", "image": image, "params": params, **more}


def test_moved_thresholds_are_answered_from_what_is_kept(
    engine: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    tasks.embed(embedding(image))
    tasks.tune(tuning(image))
    [(reply_to, prompt_id, result, provenance, engine_ms)] = port.tunings
    assert (reply_to, prompt_id) == ("someone", 5)
    assert result.labels_hw[4, 5] == 1
    assert len(result.scores) == 2
    assert (provenance.engine, provenance.params["cell_probability"]) == ("plain", 100.0)
    assert 0 <= engine_ms < 1000
    assert engine.encoded == 1
    assert port.previews == []


def test_moved_thresholds_never_encode(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    tasks.tune(tuning(image))
    [(_, _, answer)] = port.previews
    assert (answer["error"]["code"], answer["error"]["permanent"]) == ("embedding_missing", False)
    assert (engine.encoded, port.tunings) == (0, [])


def test_thresholds_that_were_moved_again_are_dropped(
    engine: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    tasks.embed(embedding(image))
    engine.batches.clear()
    port.newest = 6
    tasks.tune(tuning(image))
    assert (port.tunings, port.previews, engine.batches) == ([], [], [])


def test_an_engine_that_keeps_no_flows_says_so(
    engine: PlainEngine, port: Recorder, image: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = EngineCard("plain", "Plain", "", frozenset({"prompt", "auto"}), "Apache-2.0")
    monkeypatch.setattr(PlainEngine, "card", card)
    tasks.tune(tuning(image))
    assert "thresholds cannot be moved" in port.previews[0][2]["error"]["message"]


def test_a_run_of_what_is_kept_is_what_the_preview_showed(
    engine: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    for _ in range(2):
        tasks.segment(run(image, params={"cell_probability": 100, "cached": True}))
    tasks.tune(tuning(image))
    assert engine.encoded == 1
    shown = port.tunings[0][2]
    assert len(port.parts) == 2
    for _, _, part, provenance in port.parts:
        assert part == part_of(0, shown)
        assert provenance.params["cached"] is True


class StreamingEngine(PlainEngine):
    """Hands over three parts, and is asked for nothing else."""

    def stream(self, image: Any, params: AutoParams, *, progress: Any = None) -> Iterator[Part]:
        for number in range(3):
            self._fail()
            progress(number / 3)
            yield Part(number, (MaskResult(encode(np.ones((1, 1), bool), top=number), 0.5),))

    def segment_many(self, images: Any, params: AutoParams) -> Iterator[Segmentation]:
        raise AssertionError("nobody asked for that")


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainEngine]:
    monkeypatch.setitem(registry._PATHS, "plain", f"{__name__}:StreamingEngine")
    registry._engine.cache_clear()
    made: Any = registry._engine("plain")
    yield made
    registry._engine.cache_clear()


def test_parts_are_handed_over_while_the_run_goes_on(
    streaming: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    tasks.segment(run(image))
    assert [part.number for _, _, part, _ in port.parts] == [0, 1, 2]
    assert port.finishes == [("j1", 2)]


def test_no_part_comes_after_the_port_said_stop(
    streaming: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    port.stop_at_part = 2
    tasks.segment(run(image))
    assert len(streaming.batches) == 2
    assert port.finishes == []
    assert port.failures[0][2]["code"] == "cancelled"


def test_what_was_handed_over_is_not_found_again_when_memory_runs_out(
    streaming: PlainEngine, port: Recorder, image: dict[str, object]
) -> None:
    streaming.errors = [torch.OutOfMemoryError("CUDA out of memory")]
    tasks.segment(run(image))
    assert len(streaming.batches) == 1
    assert port.failures[0][2]["permanent"] is False


def test_what_is_looked_at_travels_to_the_engine_and_not_into_the_provenance(
    streaming: PlainEngine, port: Recorder, image: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[AutoParams] = []
    stream = streaming.stream
    monkeypatch.setattr(
        streaming, "stream", lambda image, params, **more: (seen.append(params), stream(image, params, **more))[1]
    )
    tasks.segment(run(image, params={"first": {"top": 1, "left": 2, "bottom": 3, "right": 4.5}}))
    assert seen[0].first == Box(1, 2, 3, 4.5)
    assert "first" not in port.parts[0][3].params


def test_unknown_parameters_are_refused(engine: PlainEngine, port: Recorder, image: dict[str, object]) -> None:
    tasks.segment(run(image, params={"flow_threshold": 0.4}))
    assert port.failures[0][2]["code"] == "request_invalid"


def test_open_images_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path))
    tasks.hold({"pixels": ["a" * 64, "b" * 64]})
    tasks.hold({"pixels": None})
    assert len(list((tmp_path / "held").iterdir())) == 2


def test_every_task_has_a_queue_and_limits() -> None:
    for name in ROUTES:
        task = current_app.tasks[name]
        assert task.acks_late
        assert task.soft_time_limit < task.time_limit
    assert {route["queue"] for route in ROUTES.values()} == {"click", "embed", "batch"}


def test_a_worker_without_a_port_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_port", None)
    with pytest.raises(EngineError) as caught:
        ports.reply_port()
    assert caught.value.code == EngineErrorCode.INTERNAL


def test_warming_up_tells_what_is_missing(engine: PlainEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("CYTOMARK_TORCH_THREADS", raising=False)
    threads = torch.get_num_threads()
    try:
        problems = tasks.warm(["plain", "sam"], queue="click")
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert list(problems) == ["sam"]
    assert "manage.py weights fetch" in problems["sam"]
