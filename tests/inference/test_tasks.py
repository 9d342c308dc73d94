"""The tasks that answer clicks and prepare images, and what holds for all of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded

from inference import ports, tasks
from inference.errors import EngineError, EngineErrorCode
from inference.queues import ROUTES
from tests.inference.stored_planes import store
from tests.inference.task_scene import PlainEngine, Recorder, click, embedding, run


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


def _away(folder: Path, image: dict[str, Any]) -> None:
    shutil.rmtree(folder)


def _not_json(folder: Path, image: dict[str, Any]) -> None:
    (folder / "0" / "zarr.json").write_bytes(b"\0" * 100)


def _damaged(folder: Path, image: dict[str, Any]) -> None:
    chunk = next(path for path in (folder / "0" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:9])


def _other_size(folder: Path, image: dict[str, Any]) -> None:
    image["height"] = 21


def _other_plane(folder: Path, image: dict[str, Any]) -> None:
    image["view"] = {**image["view"], "z": 1}


def _wide_numbers(folder: Path, image: dict[str, Any]) -> None:
    store(folder.parent / "float", np.zeros((1, 1, 1, 20, 30), np.float32))
    image["path"] = str(folder.parent / "float")


@pytest.mark.parametrize("spoil", [_away, _not_json, _damaged, _other_size, _other_plane, _wide_numbers])
def test_pixels_that_are_not_as_promised_are_refused(
    engine: PlainEngine,
    port: Recorder,
    image: dict[str, object],
    tmp_path: Path,
    spoil: Callable[[Path, dict[str, Any]], None],
) -> None:
    spoil(tmp_path / "pixels.ome.zarr", image)
    tasks.embed(embedding(image))
    _, state = port.jobs[-1]
    assert (state["state"], state["error"]["code"]) == ("failed", "image_unsupported")
    assert engine.encoded == 0
    assert not list((tmp_path / "planes").glob("*"))


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
