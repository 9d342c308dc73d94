"""The training of Cellpose's network: folders in, weights file out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from inference.engines.cellpose_encoding import DIAMETER, cellpose_maps
from inference.networks.cellpose import CellposeNetwork
from inference.networks.trained import Facts, save_trained
from inference.training.datasets import load_samples
from inference.training.flow_fields import train_flow_network
from inference.training.loop import TrainingOptions
from inference.training.losses import Targets, flow_loss
from inference.training.plan import Curve, Plan, Say, Show, checkpoint_of, load_split, nothing_to_learn
from inference.training.validation import flow_precision


def _loss(network: CellposeNetwork, targets: Targets) -> Tensor:
    found = network(targets.pixels)
    return flow_loss(found.flow, found.cell, targets)


def train_cellpose(plan: Plan, *, resume: bool = False, say: Say, show: Show | None = None) -> None:
    """Train a network on ``plan.folders`` and write it to ``plan.out``; the checkpoint beside it, from which ``resume``
    goes on, is removed at the end."""
    checkpoint = checkpoint_of(plan, resume=resume)
    samples, kept = load_split(plan, lambda pairs, group: load_samples(pairs, group=group))
    diameters = [sample.diameter for sample in samples if sample.diameter > 0]
    if not diameters:
        raise nothing_to_learn()
    say(f"{len(samples)} images, {len(kept)} more for validation")

    def score(network: CellposeNetwork) -> float:
        return flow_precision(
            lambda pixels_hw, scale: cellpose_maps(network, pixels_hw, scale=scale), kept, diameter=DIAMETER
        )

    torch.manual_seed(plan.seed)
    network = train_flow_network(
        CellposeNetwork(plan.width),
        _loss,
        samples,
        TrainingOptions(
            steps=plan.steps, minutes=plan.minutes, seed=plan.seed, batch=plan.batch, size=plan.size,
            round_steps=plan.round_steps, patience=plan.patience, plan=f"seed {plan.seed}",
        ),
        diameter=DIAMETER,
        checkpoint=checkpoint,
        validate=score if kept else None,
        watcher=Curve(plan.out, measure="AP@0.5", say=say, show=show),
    )  # fmt: skip
    typical = float(np.median(diameters))
    facts = Facts(width=plan.width, diameter=typical, scale=DIAMETER / typical)
    save_trained(network, plan.out, engine="cellpose", facts=facts)
    checkpoint.unlink(missing_ok=True)
