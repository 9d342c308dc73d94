"""The training of the flow half of the starter network: seeded, resumable, by steps or by the clock."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from inference.networks.starter import Encoder
from inference.training.augment import draw_view, draw_weights
from inference.training.checkpoint import load_training, save_training
from inference.training.datasets import Sample
from inference.training.losses import flow_loss, stack

Report = Callable[[int, float, float], None]
"""Told step, mean loss since the last report, and elapsed seconds."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """``steps`` or ``minutes`` (at least one) end the training; the learning rate follows a cosine to that end."""

    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    batch: int = 8
    size: int = 192
    rate: float = 2e-3
    decay: float = 1e-2
    average: float = 0.998
    report_every: int = 25
    save_seconds: float = 120.0


def share_done(options: TrainingOptions, step: int, seconds: float) -> float:
    """0 at the start, 1 at the end, by whichever limit comes first."""
    shares = []
    if options.steps is not None:
        shares.append(step / max(options.steps, 1))
    if options.minutes is not None:
        shares.append(seconds / (60 * options.minutes))
    return min(max(shares, default=1.0), 1.0)


def set_rate(optimizer: torch.optim.Optimizer, rate: float, step: int, share: float) -> None:
    """Fifty steps of warming up, then half a cosine to a hundredth."""
    value = rate * min(1.0, (step + 1) / 50) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
    for group in optimizer.param_groups:
        group["lr"] = value


@torch.no_grad()
def move_average(average: nn.Module, model: nn.Module, keep: float) -> None:
    """Exponential moving average of weights and of batch statistics."""
    for old, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def train_flows(
    samples: Sequence[Sample],
    options: TrainingOptions,
    *,
    start_from: Encoder | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> Encoder:
    """Train an encoder, a new one or a copy of ``start_from``; returns the averaged network. Where ``checkpoint``
    exists, training goes on from there. Each step draws its views from (seed, step), so that a resumed training
    equals one that was never killed."""
    torch.manual_seed(options.seed)
    model = (Encoder() if start_from is None else copy.deepcopy(start_from)).requires_grad_().train()
    # A fifth faster on a CPU, same numbers.
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=options.decay)
    step, before = 0, 0.0
    if checkpoint is not None and checkpoint.exists():
        progress = load_training(checkpoint, model=model, average=average, optimizer=optimizer)
        step, before = int(progress["step"]), progress["seconds"]
    start = saved = time.monotonic()
    weights, losses = draw_weights(samples), list[float]()
    while True:
        seconds = before + time.monotonic() - start
        share = share_done(options, step, seconds)
        over = share >= 1
        if checkpoint is not None and (over or time.monotonic() - saved > options.save_seconds):
            save_training(checkpoint, model=model, average=average, optimizer=optimizer,
                          progress={"step": step, "seconds": seconds})  # fmt: skip
            saved = time.monotonic()
        if over:
            return average
        set_rate(optimizer, options.rate, step, share)
        losses.append(_flow_step(model, optimizer, samples, weights, options, step))
        move_average(average, model, min(options.average, (step + 1) / (step + 10)))
        step += 1
        if report is not None and step % options.report_every == 0:
            report(step, sum(losses) / len(losses), seconds)
            losses.clear()


def _flow_step(
    model: Encoder,
    optimizer: torch.optim.Optimizer,
    samples: Sequence[Sample],
    weights: np.ndarray,
    options: TrainingOptions,
    step: int,
) -> float:
    rng = np.random.default_rng((options.seed, step))
    chosen = rng.choice(len(samples), options.batch, p=weights)
    targets = stack([draw_view(rng, samples[index], size=options.size) for index in chosen])
    loss = flow_loss(model(targets.pixels), targets)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())
