"""Training that can be killed: everything needed to go on, in one safetensors file, replaced atomically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from inference.errors import EngineError, EngineErrorCode
from inference.networks.files import save_atomically


@dataclass(frozen=True, slots=True)
class Round:
    """One look at the validation images. ``loss`` is the mean training loss since the last one; ``score`` decides which
    round is the best: the larger the better."""

    step: int
    seconds: float
    loss: float
    score: float


@dataclass(slots=True)
class Progress:
    """How far a training is; ``plan`` is what has to be the same for going on to make sense."""

    step: int = 0
    seconds: float = 0.0
    rounds: list[Round] = field(default_factory=list)
    plan: str = ""


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer.{index}.{key}": value.reshape(1) if value.ndim == 0 else value
        for index, entry in state.items()
        for key, value in entry.items()
    }


def save_training(
    path: Path, *, networks: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """The networks by name (the one that learns, its running average, …), the optimiser's state and the progress."""
    tensors = {
        f"{part}.{name}": value.clone()
        for part, network in networks.items()
        for name, value in network.state_dict().items()
    }
    tensors |= _optimizer_tensors(optimizer)
    save_atomically(tensors, path, metadata={"progress": json.dumps(asdict(progress))})


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _cannot_go_on(path: Path, why: str) -> EngineError:
    return EngineError(
        EngineErrorCode.WEIGHTS_INVALID,
        f"Training cannot go on from “{path.name}”: {why}. Remove the file to start afresh.",
        permanent=True,
    )


def _read(path: Path) -> tuple[dict[str, Tensor], Progress]:
    with safe_open(path, framework="pt") as file:
        told = json.loads((file.metadata() or {})["progress"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    rounds = [Round(**entry) for entry in told.pop("rounds")]
    return tensors, Progress(**told, rounds=rounds)


def load_training(
    path: Path, *, networks: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, plan: str = ""
) -> Progress:
    """Put a saved training back; returns its progress. Raises EngineError for a file that is not one, or that belongs
    to another ``plan``."""
    try:
        tensors, progress = _read(path)
        for part, network in networks.items():
            network.load_state_dict(_part(tensors, f"{part}."))
    except Exception as error:
        raise _cannot_go_on(path, "it is not a checkpoint of this network") from error
    if progress.plan != plan:
        raise _cannot_go_on(path, f"it was started with {progress.plan}, not with {plan}")
    state = optimizer.state_dict()
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        index, key = name.split(".", 1)
        entries.setdefault(int(index), {})[key] = value.reshape(()) if key == "step" else value
    optimizer.load_state_dict({"state": entries, "param_groups": state["param_groups"]})
    return progress
