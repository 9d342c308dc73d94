"""Cellpose-SAM's network in the size that a checkpoint has, with the ``cellpose`` package's own forward pass.

``CellposeModel`` knows one size only, reads the file with its own loader, and takes the default weights where
it does not know the path. So the module is put together here, from the same parts.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.networks.vit import State, build_encoder, fill, read_geometry
from inference.weights import invalid_weights

# Its advice to install another network is of no use to anybody who reads our logs.
logging.getLogger("cellpose").setLevel(logging.ERROR)

# isort: split
from cellpose.vit import CPSAM, BaseModel  # noqa: E402


def _plain_names(state: State) -> State:
    """Without the prefix that training on several GPUs leaves behind."""
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


def _build(state: State) -> Any:
    geometry = read_geometry(state, "encoder.")
    outputs, channels, patch, _ = state["W2"].shape
    if patch != geometry.patch or outputs != channels * patch**2 or channels != 3:
        raise ValueError("its output layer does not fit its encoder")
    network: Any = CPSAM.__new__(CPSAM)
    BaseModel.__init__(network, dtype=torch.float32)
    network.rdrop = 0.0
    network.backbone = "sam_vitl"
    network.encoder = build_encoder(geometry, windows=False)
    for block in network.encoder.blocks:
        block.window_size = 0
    network.out = nn.Conv2d(geometry.out_channels, outputs, kernel_size=1)
    network.W2 = nn.Parameter(torch.empty(outputs, channels, patch, patch), requires_grad=False)
    network.nout = channels
    network.ps = patch
    return network


def cpsam_network(state: State, path: Path) -> Any:
    """The network of a checkpoint: (batch, 1 or 3, size, size) float32 in, (flow rows, flow columns, cell
    logit) out; ``size`` is in ``network.encoder.img_size``. Raises EngineError(WEIGHTS_INVALID, permanent)
    for anything but Cellpose-SAM's format."""
    state = _plain_names(state)
    try:
        with torch.device("meta"):
            network = _build(state)
    except (KeyError, ValueError, AssertionError, RuntimeError, IndexError, ZeroDivisionError) as error:
        raise invalid_weights(path, f"it is not a Cellpose-SAM checkpoint ({error})") from error
    return fill(network, state, path)
