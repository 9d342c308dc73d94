"""Writing tensors so that a kill never leaves half a file."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def save_atomically(tensors: dict[str, Tensor], path: Path, *, metadata: dict[str, str]) -> None:
    """Write a safetensors file beside ``path`` and rename it, so that a kill leaves the old one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    save_file({name: t.detach().contiguous() for name, t in tensors.items()}, beside, metadata=metadata)
    beside.chmod(0o644)  # safetensors makes files that only their owner reads
    beside.replace(path)
