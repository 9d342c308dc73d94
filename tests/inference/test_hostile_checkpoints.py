"""Every engine that runs other people's checkpoints refuses, with a sentence, what is almost one (S13)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.engines import registry
from inference.errors import EngineError, EngineErrorCode
from tests.inference.tiny_checkpoints import Canary, save, tiny_cpsam, tiny_mobile_sam, tiny_sam

State = dict[str, Any]
MADE: dict[str, Callable[[], Any]] = {"sam": tiny_sam, "mobile-sam": tiny_mobile_sam, "cellpose-sam": tiny_cpsam}
LARGE = {
    "sam": "mask_decoder.mask_tokens.weight",
    "mobile-sam": "image_encoder.neck.2.weight",
    "cellpose-sam": "encoder.neck.2.weight",
}
"""A tensor from whose shape nothing is read off, or which has to fit others."""


def without(state: State, name: str) -> State:
    return {each: value for each, value in state.items() if each != name}


DAMAGE: dict[str, Callable[[State, str], State]] = {
    "a tensor is missing": without,
    "a tensor too many": lambda state, _: {**state, "more": torch.ones(3)},
    "another shape": lambda state, name: {**state, name: state[name][:-1].contiguous()},
    "no axes": lambda state, name: {**state, name: torch.tensor(1.0)},
    "no size": lambda state, name: {**state, name: torch.empty(0)},
    "not finite": lambda state, name: {**state, name: torch.full_like(state[name], float("nan"))},
    "infinite": lambda state, name: {**state, name: torch.full_like(state[name], float("inf"))},
    "all empty": lambda state, _: {name: torch.empty(0) for name in state},
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], EngineError]:
    """Load the engine with the file “mine.pth” and hand over the error."""
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))

    def loading(engine: str) -> EngineError:
        monkeypatch.setenv(f"CYTOMARK_{engine.upper().replace('-', '_')}_CHECKPOINT", "mine.pth")
        registry._engine.cache_clear()
        with pytest.raises(EngineError) as caught:
            registry.get_engine(engine)
        registry._engine.cache_clear()
        assert caught.value.code == EngineErrorCode.WEIGHTS_INVALID
        assert caught.value.permanent
        assert caught.value.message.startswith("The weights mine.pth cannot be used: ")
        return caught.value

    return loading


def state_of(engine: str) -> State:
    made = MADE[engine]()
    return dict(made if isinstance(made, dict) else made.state_dict())


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
@pytest.mark.parametrize("engine", MADE)
def test_almost_a_checkpoint_is_refused(
    engine: str, damage: Callable[[State, str], State], load: Callable[[str], EngineError], tmp_path: Path
) -> None:
    save(damage(state_of(engine), LARGE[engine]), tmp_path / "mine.pth")
    load(engine)


@pytest.mark.parametrize("engine", MADE)
def test_a_checkpoint_cut_short_is_refused(engine: str, load: Callable[[str], EngineError], tmp_path: Path) -> None:
    content = save(state_of(engine), tmp_path / "mine.pth").read_bytes()
    (tmp_path / "mine.pth").write_bytes(content[: len(content) // 2])
    load(engine)


@pytest.mark.parametrize("engine", MADE)
def test_a_checkpoint_with_more_in_it_than_tensors_runs_nothing(
    engine: str, load: Callable[[str], EngineError], tmp_path: Path
) -> None:
    torch.save({**state_of(engine), "x": Canary(tmp_path / "canary")}, tmp_path / "mine.pth")
    assert "other objects than tensors" in load(engine).message
    assert not (tmp_path / "canary").exists()


def test_the_error_names_the_engine_that_a_file_is_made_for(load: Callable[[str], EngineError], tmp_path: Path) -> None:
    save(tiny_mobile_sam(), tmp_path / "mine.pth")
    assert "“mobile-sam”" in load("sam").message


def test_many_windows_of_attention_do_not_fill_the_memory(load: Callable[[str], EngineError], tmp_path: Path) -> None:
    """A table of 10⁸ offsets would stand for one of 10¹⁶."""
    name = "image_encoder.layers.1.blocks.0.attn.attention_biases"
    save({**tiny_mobile_sam(), name: torch.zeros(1, 1).expand(2, 10**5).contiguous()}, tmp_path / "mine.pth")
    load("mobile-sam")
