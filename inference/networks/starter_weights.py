"""The starter network's weights file: one safetensors file with encoder and prompt decoder, verified when read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inference.errors import EngineError, EngineErrorCode
from inference.networks.files import save_atomically
from inference.networks.prompt_decoder import PromptDecoder
from inference.networks.starter import Encoder

SHIPPED = Path(__file__).with_name("starter.safetensors")
_FORMAT = "cytomark-starter-1"


def _all_tensors(encoder: Encoder, decoder: PromptDecoder) -> dict[str, Tensor]:
    parts = (("encoder", encoder), ("decoder", decoder))
    return {f"{part}.{name}": value for part, module in parts for name, value in module.state_dict().items()}


def save_starter(encoder: Encoder, decoder: PromptDecoder, path: Path) -> None:
    """Write both as float16 (counters stay int64), atomically."""
    tensors = {
        name: value.half() if value.dtype.is_floating_point else value
        for name, value in _all_tensors(encoder, decoder).items()
    }
    save_atomically(tensors, path, metadata={"format": _FORMAT})


def _invalid(path: Path, reason: str) -> EngineError:
    return EngineError(
        EngineErrorCode.WEIGHTS_INVALID,
        f"The weights file “{path.name}” cannot be used: {reason} Put the file of this version back.",
        permanent=True,
    )


def _check(path: Path, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    if missing := sorted(wanted.keys() - found.keys()):
        raise _invalid(path, f"it lacks “{missing[0]}” (and {len(missing) - 1} more).")
    if extra := sorted(found.keys() - wanted.keys()):
        raise _invalid(path, f"it holds “{extra[0]}”, which this network does not have.")
    for name, value in found.items():
        if value.shape != wanted[name].shape:
            raise _invalid(path, f"“{name}” has the shape {tuple(value.shape)}, not {tuple(wanted[name].shape)}.")
        if value.dtype not in (torch.float16, torch.float32, torch.int64):
            raise _invalid(path, f"“{name}” has the type {value.dtype}.")
        if value.dtype.is_floating_point and not bool(torch.isfinite(value).all()):
            raise _invalid(path, f"“{name}” holds numbers that are not finite.")


def load_starter(path: Path) -> tuple[Encoder, PromptDecoder, str]:
    """Both halves in float32, ready to answer, and the file's SHA-256 (hex). Raises EngineError (permanent):
    WEIGHTS_MISSING without the file, WEIGHTS_INVALID for one that is cut short, foreign or not finite."""
    if not path.is_file():
        raise EngineError(
            EngineErrorCode.WEIGHTS_MISSING,
            f"There is no weights file “{path.name}”. Restore it, or train one with “manage.py train starter”.",
            permanent=True,
        )
    encoder, decoder = Encoder(), PromptDecoder()
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise _invalid(path, "it is cut short or not a safetensors file.") from error
    _check(path, found, _all_tensors(encoder, decoder))
    for prefix, module in (("encoder.", encoder), ("decoder.", decoder)):
        part = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
        module.load_state_dict(part)
        module.float().eval().requires_grad_(requires_grad=False)
    return encoder, decoder, hashlib.sha256(path.read_bytes()).hexdigest()
