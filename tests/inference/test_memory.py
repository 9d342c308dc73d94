"""Out of memory (R19): free, halve, CPU, and only then “busy, try later”."""

from __future__ import annotations

import pytest
import torch

from inference import torch_runtime
from inference.errors import EngineError, EngineErrorCode
from inference.memory import with_less_memory


class Hungry:
    """Runs out of memory ``failures`` times, and remembers what it was offered: batch of 8, device."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error = failures, error
        self.offers: list[tuple[int, str]] = []

    def __call__(self) -> str:
        self.offers.append((torch_runtime.batch_size(8), torch_runtime.device().type))
        if len(self.offers) <= self.failures:
            raise self.error
        return "done"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine with a GPU, as far as anyone can see; notes when its memory is freed."""
    freed: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: freed.append("freed"))
    return freed


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()], ids=["GPU", "RAM"])
@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_the_ways_down_are_taken_in_order(gpu: list[str], failures: int, error: Exception) -> None:
    hungry = Hungry(failures, error)
    if failures < 3:
        assert with_less_memory(hungry) == "done"
    else:
        with pytest.raises(EngineError) as caught:
            with_less_memory(hungry)
        assert caught.value.code == EngineErrorCode.OUT_OF_MEMORY
        assert not caught.value.permanent
        assert "again later" in caught.value.message
    assert hungry.offers == [(8, "cuda"), (4, "cuda"), (1, "cpu")][: failures + 1]
    assert gpu == ["freed"] * failures


def test_the_next_call_has_all_of_the_machine_again(gpu: list[str]) -> None:
    with_less_memory(Hungry(2, MemoryError()))
    assert (torch_runtime.batch_size(8), torch_runtime.device().type) == (8, "cuda")


def test_other_errors_are_not_repeated() -> None:
    calls = []

    def broken() -> None:
        calls.append(1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        with_less_memory(broken)
    assert calls == [1]
