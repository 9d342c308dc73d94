"""The training of U-Net and SegNet: folders in, weights file out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference import torch_runtime
from inference.contracts import AutoParams
from inference.engines.cellpose_encoding import DIAMETER
from inference.engines.pixel_cells import class_logits, find_cells_in_classes
from inference.engines.unet import logit_count, make_network
from inference.errors import EngineError, EngineErrorCode
from inference.flows import Floats
from inference.networks.blocks import channels_last
from inference.networks.trained import MOST_CLASSES, Facts, save_trained
from inference.networks.unet import STRIDE
from inference.training.augment import draw_weights
from inference.training.class_views import (
    IGNORED,
    ClassSample,
    Task,
    class_targets,
    draw_class_view,
    load_class_samples,
)
from inference.training.loop import TrainingOptions, train
from inference.training.plan import Curve, Plan, Say, Show, checkpoint_of, load_split, nothing_to_learn
from inference.training.validation import MAPS_PIXELS, middle, precision

CELLS = ("cell",)
_LARGEST_WEIGHT = 10.0


def _bad(message: str) -> EngineError:
    return EngineError(EngineErrorCode.REQUEST_INVALID, message, permanent=True)


def task_of(plan: Plan) -> Task:
    """What the plan asks for. Raises EngineError(REQUEST_INVALID) for class names that cannot be."""
    if plan.classes is None:
        return Task(CELLS, boundary=True, diameter=DIAMETER)
    if not 1 <= len(plan.classes) <= MOST_CLASSES or len(set(plan.classes)) < len(plan.classes):
        raise _bad(f"Name 1 to {MOST_CLASSES} different classes.")
    if not all(0 < len(name) <= 80 for name in plan.classes):
        raise _bad("The name of a class has 1 to 80 letters.")
    return Task(plan.classes, boundary=False, diameter=0.0)


def class_weights(samples: Sequence[ClassSample], task: Task) -> Tensor:
    """A weight for each logit: rare classes count more, by the square root. Raises EngineError where a class occurs in
    no image."""
    logits = 1 + len(task.classes) + int(task.boundary)
    counts = sum(np.bincount(class_targets(s.labels_hw, task).ravel(), minlength=logits) for s in samples)
    counts = np.asarray(counts, np.float64)
    for name, count in zip(task.classes, counts[1:], strict=False):
        if not count and not task.boundary:
            raise _bad(f"No image to learn from shows the class “{name}”. Leave it out, or add images of it.")
    share = np.maximum(counts / counts.sum(), 1 / _LARGEST_WEIGHT**2)
    weights = 1 / np.sqrt(share)
    return torch.from_numpy(weights / (weights * share).sum()).float()


def class_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross-entropy plus the mean over classes of one minus soft Dice, over pixels inside of the image.
    ``logits`` (batch, class, row, column), ``targets`` (batch, row, column) with IGNORED. A number."""
    entropy = functional.cross_entropy(logits, targets, weight=weights, ignore_index=IGNORED)
    valid = (targets != IGNORED)[:, None]
    chances = logits.softmax(dim=1) * valid
    truth = functional.one_hot(targets.clamp(min=0), logits.shape[1]).permute(0, 3, 1, 2) * valid
    both = (chances * truth).sum(dim=(0, 2, 3))
    dice = (2 * both + 1) / (chances.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3)) + 1)
    return entropy + (1 - dice).mean()


def _loss_of(
    samples: Sequence[ClassSample],
    draws: NDArray[np.float64],
    task: Task,
    weights: Tensor,
    options: TrainingOptions,
    network: nn.Module,
    step: int,
) -> Tensor:
    rng = np.random.default_rng((options.seed, step))
    chosen = rng.choice(len(samples), options.batch, p=draws)
    views = [draw_class_view(rng, samples[index], task, size=options.size) for index in chosen]
    device = torch_runtime.device()
    pixels = torch.from_numpy(np.stack([view[0] for view in views])).to(device, memory_format=torch.channels_last)
    targets = torch.from_numpy(np.stack([view[1] for view in views])).to(device)
    return class_loss(network(pixels), targets, weights.to(device))


def _region_iou(found_hw: NDArray[np.int64], true_hw: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Pixels in both and in either, (2, class), the background left out."""
    pairs = [(found_hw == number, true_hw == number) for number in range(1, classes + 1)]
    return np.array([[int((f & t).sum()) for f, t in pairs], [int((f | t).sum()) for f, t in pairs]])


def validation_score(samples: Sequence[ClassSample], task: Task, facts: Facts, network: nn.Module) -> float:
    """Mean AP@0.5 of the cells at their true scale; of classes the mean IoU over those that occur."""
    scores, table = [], np.zeros((2, len(task.classes)), np.int64)
    for sample in samples:
        scale = task.diameter / sample.diameter if task.diameter > 0 and sample.diameter > 0 else 1.0
        most = max(round(MAPS_PIXELS / scale), 1)
        planes: Floats = np.ascontiguousarray(np.moveaxis(middle(sample.pixels_hwc, most), 2, 0), np.float32)
        true_hw = np.asarray(middle(sample.labels_hw, most), np.int32)
        logits_chw = class_logits(network, planes, scale=scale, logits=logit_count(facts), stride=STRIDE)
        if task.boundary:
            found = find_cells_in_classes(logits_chw, AutoParams(), classes=task.classes, boundary=True)
            scores.append(precision(true_hw, found.labels_hw))
        else:
            table += _region_iou(logits_chw.argmax(axis=0), true_hw.astype(np.int64), len(task.classes))
    if task.boundary:
        return float(np.mean(scores))
    there = table[1] > 0
    return float((table[0][there] / table[1][there]).mean()) if there.any() else 1.0


def train_pixel_classes(plan: Plan, *, engine: str, resume: bool = False, say: Say, show: Show | None = None) -> None:
    """Train “unet” or “segnet” on ``plan.folders`` and write it to ``plan.out``; the checkpoint beside it, from which
    ``resume`` goes on, is removed at the end."""
    task = task_of(plan)
    checkpoint = checkpoint_of(plan, resume=resume)

    samples, kept = load_split(plan, lambda pairs, group: load_class_samples(pairs, task=task, group=group))
    diameters = [sample.diameter for sample in samples if sample.diameter > 0]
    if not diameters:
        raise nothing_to_learn()
    typical = float(np.median(diameters))
    facts = Facts(
        width=plan.width, diameter=typical, scale=task.diameter / typical if task.diameter > 0 else 1.0,
        classes=task.classes, boundary=task.boundary,
    )  # fmt: skip
    say(f"{len(samples)} images, {len(kept)} more for validation")
    options = TrainingOptions(
        steps=plan.steps, minutes=plan.minutes, seed=plan.seed, batch=plan.batch, size=plan.size,
        round_steps=plan.round_steps, patience=plan.patience, warm_up=plan.warm_up, plan=f"seed {plan.seed}",
    )  # fmt: skip
    torch.manual_seed(plan.seed)
    network = make_network(engine, facts).to(torch_runtime.device())
    channels_last(network)
    network = train(
        network,
        partial(_loss_of, samples, draw_weights(samples), task, class_weights(samples, task), options),
        options,
        checkpoint=checkpoint,
        validate=partial(validation_score, kept, task, facts) if kept else None,
        watcher=Curve(plan.out, measure="AP@0.5" if task.boundary else "mean IoU", say=say, show=show),
    )
    save_trained(network.cpu(), plan.out, engine=engine, facts=facts)
    checkpoint.unlink(missing_ok=True)
