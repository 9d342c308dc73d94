"""How torch runs in this process: on which device, with how many threads, and beside which torchvision.

Import this module before ``torchvision``, ``segment_anything`` or ``cellpose``: importing it is enough to
make them importable.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from inference.environment import torch_threads

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of the machine the current call may use: see inference.memory for who lowers it."""

    halvings: int = 0
    cpu_only: bool = False


PLENTY = Budget()
_budget: ContextVar[Budget] = ContextVar("budget", default=PLENTY)


@contextmanager
def budget(value: Budget) -> Iterator[None]:
    """Run the body with that budget."""
    token = _budget.set(value)
    try:
        yield
    finally:
        _budget.reset(token)


def device() -> torch.device:
    """Where networks run: the GPU where there is one, unless the budget says CPU. Engines ask at every call,
    as a call that ran out of GPU memory is repeated on the CPU."""
    if _budget.get().cpu_only or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda")


def batch_size(usual: int) -> int:
    """How many tiles to run at once where ``usual`` is right with enough memory; at least 1."""
    return max(1, usual >> _budget.get().halvings)


def place(network: torch.nn.Module) -> torch.device:
    """Move a network to where it has to run now, and say where that is."""
    target = device()
    # All of them: a move that ran out of memory half way leaves a network in two places.
    if any(parameter.device.type != target.type for parameter in network.parameters()):
        network.to(target)
    return target


def set_threads(default: int | None = None) -> int:
    """Give torch the number of threads that the environment asks for, else ``default``, else one per core.
    The number is returned. Without it, several workers on one machine fight over the cores."""
    threads = torch_threads(default)
    torch.set_num_threads(threads)
    return threads


def free_gpu_memory() -> None:
    """Hand back what torch's allocator keeps for later; nothing happens without a GPU."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


_OPERATORS = ("nms", "qnms")
_library: Any = None
"""A Library that is garbage collected takes its operators along: it is kept for ever."""


def _has_operator(name: str) -> bool:
    return hasattr(torch.ops.torchvision, name)


def _load_native_operators() -> None:
    """Load torchvision's compiled operators as it would do itself, so that we see what is missing *before*
    its import fails on it. They do not load where torch and torchvision were built for different machines (a
    CPU torch beside a CUDA torchvision)."""
    load: Any = torch.ops.load_library
    spec = find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return
    for folder in spec.submodule_search_locations:
        for library in (*Path(folder).glob("_C*.so"), *Path(folder).glob("_C*.pyd")):
            with suppress(OSError):
                load(str(library))


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Non-maximum suppression as torchvision defines it: ``boxes`` (n, 4) as x1, y1, x2, y2, ``scores`` (n,).
    Returns int64 indices of the kept boxes, best score first. A box goes when its IoU with a better kept
    one is *above* the threshold."""
    order = scores.argsort(descending=True, stable=True)
    corners = boxes.float()
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    kept = []
    while order.numel():
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(corners[best, :2], corners[order, :2])
        high = torch.minimum(corners[best, 2:], corners[order, 2:])
        overlap = (high - low).clamp(min=0).prod(dim=1)
        order = order[overlap / (area[best] + area[order] - overlap) <= iou_threshold]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.int64, device=boxes.device)


def mend_torchvision() -> tuple[str, ...]:
    """Make ``import torchvision`` work where its compiled operators do not load. Returns the names of the
    operators that had to be defined; nothing is touched where none is missing."""
    global _library
    if _library is None:
        _load_native_operators()
    missing = tuple(name for name in _OPERATORS if not _has_operator(name))
    if missing:
        make: Any = torch.library.Library
        _library = _library or make("torchvision", "FRAGMENT")
        for name in missing:
            _library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        if "nms" in missing:
            _library.impl("nms", nms, "CPU")
            _library.impl("nms", nms, "CUDA")
        extension = import_module("torchvision.extension")
        vars(extension)["_has_ops"] = lambda: True
        logger.info("torchvision's compiled operators do not load here; using torch for: %s", ", ".join(missing))
    return missing


mend_torchvision()
