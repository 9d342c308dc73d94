"""Weights files that people train themselves: tensors, and in the file's metadata what is needed to use them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError, safe_open
from torch import nn

from inference.networks.files import save_atomically
from inference.weights import invalid_weights, load_checkpoint

Network = TypeVar("Network", bound=nn.Module)
LARGEST_WIDTH = 128
MOST_CLASSES = 64
_LARGEST_BYTES = 1_000_000_000
_LARGEST_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tensors do not say. ``width`` is the network's size; ``diameter`` the median diameter of the training
    images' cells in pixels; ``scale`` network pixels in an image pixel for images like these; ``classes`` what the
    network tells apart beside the background; ``boundary``: its last logit is the line between cells."""

    width: int
    diameter: float
    scale: float
    classes: tuple[str, ...] = ()
    boundary: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be meant: the file may be anybody's."""
        if not 1 <= self.width <= LARGEST_WIDTH:
            raise ValueError(f"its width is not between 1 and {LARGEST_WIDTH}")
        if not 0 < self.diameter < math.inf or not 1 / _LARGEST_SCALE <= self.scale <= _LARGEST_SCALE:
            raise ValueError("its cell diameter or its scale cannot be")
        if len(self.classes) > MOST_CLASSES or not all(0 < len(name) <= 80 for name in self.classes):
            raise ValueError(f"it has more than {MOST_CLASSES} classes, or one without a fitting name")


def save_trained(network: nn.Module, path: Path, *, engine: str, facts: Facts) -> None:
    """Write the network as float32, atomically."""
    metadata = {"format": f"cytomark-{engine}-1", "facts": json.dumps(asdict(facts))}
    save_atomically(dict(network.state_dict()), path, metadata=metadata)


def _read_facts(path: Path, engine: str) -> Facts:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        if metadata.get("format") != f"cytomark-{engine}-1":
            raise ValueError(f"it was not trained as “{engine}”")
        found = json.loads(metadata.get("facts", ""))
        return Facts(
            width=int(found["width"]),
            diameter=float(found["diameter"]),
            scale=float(found["scale"]),
            classes=tuple(str(name) for name in found["classes"]),
            boundary=bool(found["boundary"]),
        )
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        known = isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError)
        raise invalid_weights(path, str(error) if known else f"it is not a file of “{engine}”") from error


def load_trained(path: Path, *, engine: str, make: Callable[[Facts], Network]) -> tuple[Network, Facts, str]:
    """The network that ``make`` builds for the file's facts, with its weights, ready to answer; the facts; the file's
    SHA-256 (hex). Raises EngineError (permanent) as load_checkpoint does, and for a file of another network."""
    checkpoint = load_checkpoint(path, largest_bytes=_LARGEST_BYTES)
    facts = _read_facts(path, engine)
    network = make(facts)
    try:
        network.load_state_dict(dict(checkpoint.state))
    except RuntimeError as error:
        raise invalid_weights(path, "its tensors are not those of the network that it names") from error
    return network.float().eval().requires_grad_(requires_grad=False), facts, checkpoint.sha256
