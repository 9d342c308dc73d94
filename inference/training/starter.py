"""The whole training of the starter network: folders in, weights file out."""

from __future__ import annotations

import copy
from collections.abc import Callable

from inference.engines.starter_encoding import encode_maps
from inference.flows import Floats
from inference.networks.starter import DIAMETER, Encoder
from inference.networks.starter_weights import save_starter
from inference.training.datasets import load_samples
from inference.training.flow_fields import train_flows
from inference.training.loop import TrainingOptions
from inference.training.plan import Curve, Plan, Say, Show, checkpoint_of, load_split, nothing_to_learn
from inference.training.prompts import train_prompts
from inference.training.validation import Maps, flow_precision

_FLOW_SHARE = 2 / 3


def train_starter(
    plan: Plan,
    *,
    resume: bool = False,
    say: Say,
    show: Show | None = None,
    views: int = 500,
    prompt_batch: int = 16,
) -> None:
    """Train the flows, freeze the encoder, train the prompt decoder on ``views`` encoded views, write ``plan.out``.
    Steps count for each half, minutes for both together. Both halves keep a checkpoint beside the weights, from which
    ``resume`` goes on; they are removed at the end. Only the flows have a validation curve and stop early."""
    flows, prompts = (checkpoint_of(plan, resume=resume, part=part) for part in (".flows", ".prompts"))
    samples, kept = load_split(plan, lambda pairs, group: load_samples(pairs, group=group))
    if not any(sample.diameter > 0 for sample in samples):
        raise nothing_to_learn()
    say(f"{len(samples)} images, {len(kept)} more for validation")

    def minutes(share: float) -> float | None:
        return None if plan.minutes is None else plan.minutes * share

    def score(encoder: Encoder) -> float:
        encoder = copy.deepcopy(encoder).cpu()

        def maps_of(pixels_hw: Floats, scale: float) -> Maps:
            maps = encode_maps(encoder, pixels_hw, scale=scale)
            return maps.flow, maps.cell_hw

        return flow_precision(maps_of, kept, diameter=DIAMETER)

    curve = Curve(plan.out, measure="AP@0.5", say=say, show=show)
    options = TrainingOptions(
        steps=plan.steps, minutes=minutes(_FLOW_SHARE), seed=plan.seed, batch=plan.batch, size=plan.size,
        round_steps=plan.round_steps, patience=plan.patience, plan=f"seed {plan.seed}",
    )  # fmt: skip
    validate: Callable[[Encoder], float] | None = score if kept else None
    encoder = train_flows(samples, options, checkpoint=flows, validate=validate, watcher=curve)
    say("Flows are done; the prompt decoder follows.")
    options = TrainingOptions(
        steps=plan.steps, minutes=minutes(1 - _FLOW_SHARE), seed=plan.seed, batch=prompt_batch, rate=1.5e-3,
        average=0.99, clip=1.0, plan=f"seed {plan.seed}",
    )  # fmt: skip
    decoder = train_prompts(encoder, samples, options, views=views, checkpoint=prompts, watcher=curve)
    save_starter(encoder, decoder, plan.out)
    flows.unlink(missing_ok=True)
    prompts.unlink(missing_ok=True)
