"""What the flow networks are asked to minimise."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.networks.starter import FlowOutput
from inference.training.augment import View

_FLOW_GAIN = 5.0
_DIAMETER_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Targets:
    """Views of one step: ``pixels`` (batch, 1, row, column), ``flow`` (batch, 2, …), the rest (batch, …)."""

    pixels: Tensor
    flow: Tensor
    cell: Tensor
    log_diameter: Tensor
    valid: Tensor


def stack(views: list[View]) -> Targets:
    """Views of equal size as one batch."""
    return Targets(
        pixels=torch.from_numpy(np.stack([v.pixels_hw for v in views]))[:, None].contiguous(
            memory_format=torch.channels_last
        ),
        flow=torch.from_numpy(np.stack([v.flow for v in views])),
        cell=torch.from_numpy(np.stack([(v.labels_hw > 0).astype(np.float32) for v in views])),
        log_diameter=torch.from_numpy(np.stack([v.log_diameter_hw for v in views])),
        valid=torch.from_numpy(np.stack([v.valid_hw for v in views])),
    )


def moved(targets: Targets, device: torch.device) -> Targets:
    """The same on another device."""
    return Targets(*(getattr(targets, each.name).to(device) for each in fields(targets)))


def flow_loss(flow: Tensor, cell: Tensor, targets: Targets) -> Tensor:
    """Cellpose's loss: squared flow error, flows times five, plus cross-entropy of the cell map. A number."""
    pixels = targets.valid.sum().clamp(min=1)
    error = (_FLOW_GAIN * (flow - targets.flow)) ** 2
    apart = 0.5 * (error.mean(dim=1) * targets.valid).sum() / pixels
    return apart + functional.binary_cross_entropy_with_logits(cell, targets.cell, weight=targets.valid)


def starter_loss(output: FlowOutput, targets: Targets) -> Tensor:
    """The flow loss, and the absolute error of the logarithm of the diameter inside of cells. A number."""
    cells = targets.cell * targets.valid
    apart = (output.log_diameter - targets.log_diameter).abs()
    diameter = (apart * cells).sum() / cells.sum().clamp(min=1)
    return flow_loss(output.flow, output.cell, targets) + _DIAMETER_WEIGHT * diameter
