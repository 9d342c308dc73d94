"""The task that finds all cells, and the one that moves thresholds."""

from __future__ import annotations

import pytest
import torch

from inference import tasks
from inference.contracts import (
    AutoParams,
    Box,
    EngineCard,
)
from inference.parts import part_of
from tests.inference.task_scene import PlainEngine, Recorder, embedding, run


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
