"""Training that can be killed: everything needed to go on, in one safetensors file, replaced atomically."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from inference.errors import EngineError, EngineErrorCode
from inference.networks.files import save_atomically

Progress = dict[str, float]


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer.{index}.{key}": value.reshape(1) if value.ndim == 0 else value
        for index, entry in state.items()
        for key, value in entry.items()
    }


def save_training(
    path: Path, *, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Model, running average, optimiser state and ``progress`` (numbers by name)."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value.clone() for name, value in average.state_dict().items()}
    tensors |= _optimizer_tensors(optimizer)
    save_atomically(tensors, path, metadata={"progress": json.dumps(progress)})


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def load_training(path: Path, *, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Put a saved training back; returns its progress. Raises EngineError for a file that is not one."""
    try:
        with safe_open(path, framework="pt") as file:
            progress: Progress = json.loads((file.metadata() or {})["progress"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model.load_state_dict(_part(tensors, "model."))
        average.load_state_dict(_part(tensors, "average."))
    except Exception as error:
        raise EngineError(
            EngineErrorCode.WEIGHTS_INVALID,
            f"Training cannot go on from “{path.name}”: it is not a checkpoint of this network. "
            "Remove the file to start afresh.",
            permanent=True,
        ) from error
    state = optimizer.state_dict()
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        index, key = name.split(".", 1)
        entries.setdefault(int(index), {})[key] = value.reshape(()) if key == "step" else value
    optimizer.load_state_dict({"state": entries, "param_groups": state["param_groups"]})
    return progress
