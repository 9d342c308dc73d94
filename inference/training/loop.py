"""The one training loop: seeded, resumable, by steps or by the clock, with a validation curve and early stopping."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from inference.training.checkpoint import Progress, Round, load_training, save_training

Network = TypeVar("Network", bound=nn.Module)
LossOf = Callable[[Network, int], Tensor | None]
"""The loss of one step; None where there is nothing to learn from. It draws what it shows to the network from the
options' seed and the step, so that a resumed training equals one that was never killed."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """``steps`` or ``minutes`` (at least one) end the training; the learning rate follows a cosine to that end. A round
    of ``round_steps`` ends with a look at the validation images; ``patience`` rounds without a better one end the
    training early. ``plan`` names in words what a resumed training has to share with its first half."""

    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    batch: int = 8
    size: int = 192
    rate: float = 2e-3
    decay: float = 1e-2
    average: float = 0.998
    clip: float = 5.0
    warm_up: int = 50
    report_every: int = 25
    save_seconds: float = 120.0
    round_steps: int = 100
    patience: int | None = None
    plan: str = ""


class Watcher:
    """Told how a training goes. This one looks away."""

    def step(self, step: int, loss: float, seconds: float, share: float) -> None:
        """Every ``report_every`` steps: the mean loss since the last report, elapsed seconds, the share done."""

    def round(self, rounds: list[Round]) -> None:
        """After a look at the validation images, and once when a training is resumed: all rounds so far."""

    def stopped_early(self, best: Round) -> None:
        """Nothing became better any more; the weights of ``best`` are kept."""


def share_done(options: TrainingOptions, step: int, seconds: float) -> float:
    """0 at the start, 1 at the end, by whichever limit comes first."""
    shares = []
    if options.steps is not None:
        shares.append(step / max(options.steps, 1))
    if options.minutes is not None:
        shares.append(seconds / (60 * options.minutes))
    return min(max(shares, default=1.0), 1.0)


def set_rate(optimizer: torch.optim.Optimizer, options: TrainingOptions, step: int, share: float) -> None:
    """``warm_up`` steps of warming up, then half a cosine to a hundredth."""
    value = (
        options.rate * min(1.0, (step + 1) / options.warm_up) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
    )
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


def best_round(rounds: list[Round]) -> Round | None:
    """The first of those with the highest score."""
    return max(rounds, key=lambda each: each.score, default=None)


def patience_is_over(rounds: list[Round], patience: int | None) -> bool:
    """Whether the best round lies ``patience`` rounds back."""
    if patience is None or not rounds:
        return False
    best = best_round(rounds)
    assert best is not None  # noqa: S101 - there are rounds
    return len(rounds) - 1 - rounds.index(best) >= patience


class _Training(Generic[Network]):
    """What one training holds between steps."""

    def __init__(self, model: Network, options: TrainingOptions, checkpoint: Path | None) -> None:
        self.model, self.options, self.checkpoint = model, options, checkpoint
        self.average = copy.deepcopy(model).eval()
        self.best = copy.deepcopy(self.average)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=options.decay)
        self.progress = Progress(plan=options.plan)
        if checkpoint is not None and checkpoint.exists():
            self.progress = load_training(
                checkpoint, networks=self._networks(), optimizer=self.optimizer, plan=options.plan
            )
        self._before, self._start = self.progress.seconds, time.monotonic()
        self._saved = self._start

    def _networks(self) -> dict[str, nn.Module]:
        return {"model": self.model, "average": self.average, "best": self.best}

    def look_at_clock(self) -> float:
        """Share of the training that is done; notes the seconds."""
        self.progress.seconds = self._before + time.monotonic() - self._start
        return share_done(self.options, self.progress.step, self.progress.seconds)

    def save(self, *, now: bool) -> None:
        if self.checkpoint is None or not (now or time.monotonic() - self._saved > self.options.save_seconds):
            return
        save_training(self.checkpoint, networks=self._networks(), optimizer=self.optimizer, progress=self.progress)
        self._saved = time.monotonic()

    def step(self, loss_of: LossOf[Network], share: float) -> float:
        step, options = self.progress.step, self.options
        set_rate(self.optimizer, options, step, share)
        loss = loss_of(self.model, step)
        if loss is not None:
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), options.clip)
            self.optimizer.step()
        move_average(self.average, self.model, min(options.average, (step + 1) / (step + 10)))
        self.progress.step += 1
        return 0.0 if loss is None else float(loss.detach())

    def end_round(self, score: float, loss: float) -> None:
        best = best_round(self.progress.rounds)
        self.progress.rounds.append(Round(self.progress.step, self.progress.seconds, loss, score))
        if best is None or score > best.score:
            self.best.load_state_dict(self.average.state_dict())


def train(
    model: Network,
    loss_of: LossOf[Network],
    options: TrainingOptions,
    *,
    checkpoint: Path | None = None,
    validate: Callable[[Network], float] | None = None,
    watcher: Watcher | None = None,
) -> Network:
    """Train ``model``; returns its running average: with ``validate`` (averaged network → score) that of the best
    round. Where ``checkpoint`` exists, training goes on from there."""
    training = _Training(model.train(), options, checkpoint)
    watcher, progress = Watcher() if watcher is None else watcher, training.progress
    if progress.rounds:
        watcher.round(progress.rounds)
    recent, of_round = list[float](), list[float]()
    while True:
        share = training.look_at_clock()
        stopped = patience_is_over(progress.rounds, options.patience)
        over = share >= 1 or stopped
        if validate is not None and of_round and (over or progress.step % options.round_steps == 0):
            training.end_round(validate(training.average), sum(of_round) / len(of_round))
            watcher.round(progress.rounds)
            of_round.clear()
            training.save(now=True)
            continue
        training.save(now=over)
        if over:
            return _finish(training, watcher, stopped=stopped and share < 1)
        loss = training.step(loss_of, share)
        recent.append(loss)
        of_round.append(loss)
        if progress.step % options.report_every == 0:
            watcher.step(progress.step, sum(recent) / len(recent), progress.seconds, share)
            recent.clear()


def _finish(training: _Training[Network], watcher: Watcher, *, stopped: bool) -> Network:
    best = best_round(training.progress.rounds)
    if best is None:
        return training.average
    if stopped:
        watcher.stopped_early(best)
    return training.best
