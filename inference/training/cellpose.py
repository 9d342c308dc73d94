"""The training of Cellpose's network: folders in, weights file out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.engines.cellpose_encoding import DIAMETER, cellpose_maps
from inference.networks.cellpose import CellposeNetwork, style_of
from inference.networks.trained import Facts, save_trained
from inference.training.augment import draw_view, draw_weights
from inference.training.datasets import Sample, load_samples
from inference.training.flow_fields import train_flow_network
from inference.training.loop import TrainingOptions
from inference.training.losses import Targets, flow_loss
from inference.training.plan import Curve, Plan, Say, Show, checkpoint_of, load_split, nothing_to_learn
from inference.training.validation import flow_precision

_SIZE_PIXELS = 192


def _loss(network: CellposeNetwork, targets: Targets) -> Tensor:
    found = network(targets.pixels)
    return flow_loss(found.flow, found.cell, targets)


def fit_size(network: CellposeNetwork, samples: Sequence[Sample], *, seed: int, views: int) -> None:
    """Fit the line from styles to diameters on random views, as the paper does when the network is finished: least
    squares with a penalty that generalised cross-validation chooses."""
    styles, wanted = [], []
    draws = draw_weights(samples)
    for number in range(views):
        rng = np.random.default_rng((seed, 5, number))
        view = draw_view(rng, samples[rng.choice(len(samples), p=draws)], size=_SIZE_PIXELS, diameter=DIAMETER)
        labels, first = np.unique(view.labels_hw, return_index=True)
        if not labels.any():
            continue
        with torch.inference_mode():
            deepest = network.features(torch.from_numpy(view.pixels_hw)[None, None])[-1]
            styles.append(style_of(deepest.sum(dim=(2, 3)))[0].numpy().astype(np.float64))
        wanted.append(float(np.median(view.log_diameter_hw.ravel()[first[labels > 0]])))
    if styles:
        weight, bias = _ridge(np.stack(styles), np.array(wanted))
        with torch.no_grad():
            network.size.weight.copy_(torch.from_numpy(weight)[None])
            network.size.bias.fill_(bias)


def _ridge(inputs: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Weights and offset of the line from ``inputs`` (number, dimension) to ``wanted``."""
    middle, offset = inputs.mean(axis=0), float(wanted.mean())
    left, power, right = np.linalg.svd(inputs - middle, full_matrices=False)
    along = left.T @ (wanted - offset)
    best, weight = np.inf, np.zeros(inputs.shape[1])
    for penalty in max(float(power[0]), 1e-9) ** 2 * 10.0 ** np.arange(-6, 1):
        keep = power**2 / (power**2 + penalty)
        left_over = float(((wanted - offset - left @ (keep * along)) ** 2).sum())
        freedom = len(wanted) - 1 - keep.sum()
        if freedom > 0 and left_over / freedom**2 < best:
            best, weight = left_over / freedom**2, right.T @ (keep * along / np.maximum(power, 1e-12))
    return weight, offset - float(middle @ weight)


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
            round_steps=plan.round_steps, patience=plan.patience, warm_up=plan.warm_up, plan=f"seed {plan.seed}",
        ),
        diameter=DIAMETER,
        checkpoint=checkpoint,
        validate=score if kept else None,
        watcher=Curve(plan.out, measure="AP@0.5", say=say, show=show),
    )  # fmt: skip
    say("Flows are done; the line from styles to sizes follows.")
    fit_size(network, samples, seed=plan.seed, views=plan.size_views)
    typical = float(np.median(diameters))
    facts = Facts(width=plan.width, diameter=typical, scale=DIAMETER / typical)
    save_trained(network, plan.out, engine="cellpose", facts=facts)
    checkpoint.unlink(missing_ok=True)
