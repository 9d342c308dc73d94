"""The training of networks that answer with flow fields: the starter's encoder, and Cellpose's network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference import torch_runtime
from inference.networks.blocks import channels_last
from inference.networks.starter import DIAMETER, Encoder
from inference.training.augment import draw_view, draw_weights
from inference.training.datasets import Sample
from inference.training.loop import TrainingOptions, Watcher, train
from inference.training.losses import Targets, moved, stack, starter_loss

Network = TypeVar("Network", bound=nn.Module)
Loss = Callable[[Network, Targets], Tensor]


def train_flow_network(
    model: Network,
    loss: Loss[Network],
    samples: Sequence[Sample],
    options: TrainingOptions,
    *,
    diameter: float,
    checkpoint: Path | None = None,
    validate: Callable[[Network], float] | None = None,
    watcher: Watcher | None = None,
) -> Network:
    """Train a network that sees cells ``diameter`` pixels wide, on the GPU where there is one; see loop.train. The
    network comes back on the CPU."""
    channels_last(model.to(torch_runtime.device()))
    step = partial(_loss_of, loss, samples, draw_weights(samples), options, diameter)
    return train(model, step, options, checkpoint=checkpoint, validate=validate, watcher=watcher).cpu()


def _loss_of(
    loss: Loss[Network],
    samples: Sequence[Sample],
    weights: NDArray[np.float64],
    options: TrainingOptions,
    diameter: float,
    model: Network,
    step: int,
) -> Tensor:
    rng = np.random.default_rng((options.seed, step))
    chosen = rng.choice(len(samples), options.batch, p=weights)
    views = [draw_view(rng, samples[index], size=options.size, diameter=diameter) for index in chosen]
    return loss(model, moved(stack(views), torch_runtime.device()))


def train_flows(
    samples: Sequence[Sample],
    options: TrainingOptions,
    *,
    start_from: Encoder | None = None,
    checkpoint: Path | None = None,
    validate: Callable[[Encoder], float] | None = None,
    watcher: Watcher | None = None,
) -> Encoder:
    """Train the starter's encoder, a new one or a copy of ``start_from``."""
    torch.manual_seed(options.seed)
    model = (Encoder() if start_from is None else copy.deepcopy(start_from)).requires_grad_()

    def loss(encoder: Encoder, targets: Targets) -> Tensor:
        return starter_loss(encoder(targets.pixels), targets)

    return train_flow_network(
        model, loss, samples, options, diameter=DIAMETER, checkpoint=checkpoint, validate=validate, watcher=watcher
    )
