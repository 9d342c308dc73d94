"""Torch in one process: its threads, and torchvision beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torchvision.ops import batched_nms, nms

from inference import torch_runtime

ROOT = Path(__file__).resolve().parents[2]
BOXES = torch.tensor([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 10, 5]], dtype=torch.float32)
SCORES = torch.tensor([0.5, 0.9, 0.1, 0.8])


def test_nms_keeps_the_best_of_what_overlaps() -> None:
    assert torch_runtime.nms(BOXES, SCORES, 0.5).tolist() == [1, 3, 2]
    assert torch_runtime.nms(BOXES, SCORES, 0.3).tolist() == [1, 2]
    assert torch_runtime.nms(BOXES[:0], SCORES[:0], 0.5).tolist() == []


def test_torchvision_answers_whether_mended_or_not() -> None:
    assert nms(BOXES, SCORES, 0.5).tolist() == [1, 3, 2]
    assert batched_nms(BOXES, SCORES, torch.tensor([0, 1, 1, 1]), 0.5).tolist() == [1, 3, 0, 2]


def test_mending_twice_changes_nothing() -> None:
    assert torch_runtime.mend_torchvision() == ()


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_both_operators_are_there_before_torchvision_is_imported() -> None:
    """In a new process, and after a garbage collection, which would take an unheld library along."""
    out = run(
        "from inference import torch_runtime; import gc, sys; gc.collect(); import torch, torchvision;"
        "print(hasattr(torch.ops.torchvision, 'nms'), hasattr(torch.ops.torchvision, 'qnms'),"
        "torchvision.extension._has_ops())"
    )
    assert out.split() == ["True", "True", "True"]


def test_tasks_and_cards_are_known_without_loading_torch() -> None:
    """The web process may import them."""
    assert run("import inference.tasks, inference.cards, sys; print('torch' in sys.modules)").strip() == "False"


def test_a_network_that_was_moved_half_way_is_moved_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_runtime, "device", lambda: torch.device("meta"))
    network = torch.nn.Sequential(torch.nn.Linear(2, 2, device="meta"), torch.nn.Linear(2, 2))
    torch_runtime.place(network)
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}


def test_threads_come_from_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    try:
        monkeypatch.delenv("CYTOMARK_TORCH_THREADS", raising=False)
        assert torch_runtime.set_threads(1) == torch.get_num_threads() == 1
        monkeypatch.setenv("CYTOMARK_TORCH_THREADS", "2")
        assert torch_runtime.set_threads(1) == torch.get_num_threads() == 2
        monkeypatch.setenv("CYTOMARK_TORCH_THREADS", "many")
        with pytest.raises(ValueError, match="CYTOMARK_TORCH_THREADS is “many”"):
            torch_runtime.set_threads()
    finally:
        torch.set_num_threads(before)
