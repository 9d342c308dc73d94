"""The whole training of the starter network: folders in, weights file out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference.errors import EngineError, EngineErrorCode
from inference.networks.starter_weights import save_starter
from inference.training.datasets import Sample, find_pairs, load_samples
from inference.training.loop import TrainingOptions, train_flows
from inference.training.prompts import train_prompts

_FLOW_SHARE = 2 / 3


@dataclass(frozen=True, slots=True)
class StarterTraining:
    """``folders`` are (images, labels); ``steps`` count for each half, ``minutes`` for both together."""

    folders: tuple[tuple[Path, Path], ...]
    out: Path
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    views: int = 500
    flow_batch: int = 8
    prompt_batch: int = 16


def _checkpoints(out: Path) -> tuple[Path, Path]:
    return out.with_name(f"{out.stem}.flows.part"), out.with_name(f"{out.stem}.prompts.part")


def _load(plan: StarterTraining) -> list[Sample]:
    samples: list[Sample] = []
    for number, (images, labels) in enumerate(plan.folders):
        samples += load_samples(find_pairs(images, labels), group=f"{number}-")
    if not any(sample.diameter > 0 for sample in samples):
        raise EngineError(
            EngineErrorCode.IMAGE_UNSUPPORTED,
            "No label image holds a cell: there is nothing to learn.",
            permanent=True,
        )
    return samples


def train_starter(plan: StarterTraining, *, resume: bool = False, say: Callable[[str], None]) -> None:
    """Train the flows, freeze the encoder, train the prompt decoder, write ``plan.out``. Both halves keep a checkpoint
    beside it, from which ``resume`` goes on; they are removed at the end."""
    flows, prompts = _checkpoints(plan.out)
    if not resume:
        flows.unlink(missing_ok=True)
        prompts.unlink(missing_ok=True)
    samples = _load(plan)
    say(f"{len(samples)} images")

    def minutes(share: float) -> float | None:
        return None if plan.minutes is None else plan.minutes * share

    def report(step: int, loss: float, seconds: float) -> None:
        say(f"step {step}, loss {loss:.4f}, {seconds:.0f} s")

    options = TrainingOptions(steps=plan.steps, minutes=minutes(_FLOW_SHARE), seed=plan.seed, batch=plan.flow_batch)
    encoder = train_flows(samples, options, checkpoint=flows, report=report)
    say("Flows are done; the prompt decoder follows.")
    options = TrainingOptions(
        steps=plan.steps, minutes=minutes(1 - _FLOW_SHARE), seed=plan.seed, batch=plan.prompt_batch,
        rate=1.5e-3, average=0.99,
    )  # fmt: skip
    decoder = train_prompts(encoder, samples, options, views=plan.views, checkpoint=prompts, report=report)
    save_starter(encoder, decoder, plan.out)
    flows.unlink(missing_ok=True)
    prompts.unlink(missing_ok=True)
