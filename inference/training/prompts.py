"""Training of the prompt decoder on views that the finished encoder has seen once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from inference.basins import BASIN_LOGIT
from inference.dynamics import follow_flows
from inference.engines.starter_basin import meant_basin, respect
from inference.engines.starter_window import (
    Click,
    Corners,
    Window,
    choose_window,
    cut,
    draw_dense,
    draw_tokens,
    window_labels,
)
from inference.flows import Floats, Labels
from inference.networks.prompt_decoder import MASKS, WINDOW, PromptDecoder
from inference.networks.starter import FEATURE_STRIDE, Encoder
from inference.training.augment import draw_view, draw_weights
from inference.training.clicks import inner_point, next_click
from inference.training.datasets import Sample
from inference.training.loop import TrainingOptions, Watcher, train

VIEW = 256
_TOKENS = 6
_BOX_SHARE, _CORRECTION_SHARE, _MASK_SHARE = 0.25, 0.35, 0.1
_LEAST_AREA = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """One view as the encoder sees it: float16 ``features`` (48, 64, 64) and ``maps`` (3, 256, 256: flow and cell
    logit), int32 ``basins_hw`` and the true ``labels_hw``."""

    features: NDArray[np.float16]
    maps: NDArray[np.float16]
    basins_hw: Labels
    labels_hw: Labels


@dataclass(slots=True)
class Question:
    """One prompt with its answer. ``labels_hw`` are the basins in the window, ``truth_hw`` the cell."""

    seen: Seen
    window: Window
    clicks: list[Click]
    box: Corners | None
    labels_hw: Labels
    truth_hw: NDArray[np.bool_]
    mask_hw: Floats


def see(encoder: Encoder, sample: Sample, rng: np.random.Generator) -> Seen:
    """A random view, encoded."""
    view = draw_view(rng, sample, size=VIEW)
    with torch.inference_mode():
        out = encoder(torch.from_numpy(view.pixels_hw)[None, None])
    maps = torch.cat([out.flow[0], out.cell]).numpy()
    basins_hw = follow_flows(maps[:2], maps[2] > BASIN_LOGIT)
    return Seen(out.features[0].numpy().astype(np.float16), maps.astype(np.float16), basins_hw, view.labels_hw)


def _place_in(rng: np.random.Generator, mask_hw: NDArray[np.bool_]) -> tuple[int, int]:
    """The innermost pixel, or any that is not at the very border."""
    if rng.random() < 0.5:
        return inner_point(mask_hw)
    depth_hw = ndimage.distance_transform_edt(np.pad(mask_hw, 1))[1:-1, 1:-1]
    rows, cols = np.nonzero(depth_hw > 0.25 * depth_hw.max())
    pick = int(rng.integers(rows.size))
    return int(rows[pick]), int(cols[pick])


def _extent(mask_hw: NDArray[np.bool_]) -> int:
    where = ndimage.find_objects(mask_hw.astype(np.uint8))
    return max(side.stop - side.start for side in where[0]) if where and where[0] else 0


def _jittered_box(rng: np.random.Generator, cell_hw: NDArray[np.bool_]) -> Corners:
    rows, cols = ndimage.find_objects(cell_hw.astype(np.uint8))[0]
    slack = 0.1 * max(rows.stop - rows.start, cols.stop - cols.start)
    shift = rng.uniform(-0.3, 1, 4) * slack
    return rows.start - shift[0], cols.start - shift[1], rows.stop + shift[2], cols.stop + shift[3]


def ask(rng: np.random.Generator, seen: Seen) -> Question | None:
    """A first prompt for a random cell of the view: a click, or a box with or without one."""
    area = np.bincount(seen.labels_hw.ravel())
    area[0] = 0
    labels = np.flatnonzero(area >= _LEAST_AREA)
    if not labels.size:
        return None
    label = int(rng.choice(labels))
    cell_hw = seen.labels_hw == label
    box = _jittered_box(rng, cell_hw) if rng.random() < _BOX_SHARE else None
    row, col = _place_in(rng, cell_hw)
    clicks = [Click(row + 0.5, col + 0.5, positive=True)] if box is None or rng.random() < 0.3 else []
    basin = int(seen.basins_hw[row, col])
    extent = _extent(seen.basins_hw == basin) if basin else 0
    if box is not None:
        row, col = round((box[0] + box[2]) / 2), round((box[1] + box[3]) / 2)
        extent = round(max(box[2] - box[0], box[3] - box[1]))
    window = choose_window(row + 0.5, col + 0.5, extent)
    truth_hw = window_labels(cell_hw.astype(np.int32), window) > 0
    mask_hw = np.zeros((WINDOW, WINDOW), np.float32)
    if rng.random() < _MASK_SHARE:
        shift = tuple(int(s) for s in rng.integers(-4, 5, 2))
        mask_hw = np.roll(truth_hw, shift, (0, 1)).astype(np.float32)
    return Question(seen, window, clicks, box, window_labels(seen.basins_hw, window), truth_hw, mask_hw)


def _inputs(questions: Sequence[Question]) -> tuple[tuple[Tensor, ...], NDArray[np.bool_]]:
    """The decoder's four arguments, and the basin of each question."""
    basins = [meant_basin(q.labels_hw, q.clicks, q.box, q.window) for q in questions]
    features = [cut(q.seen.features, q.window, stride=FEATURE_STRIDE) for q in questions]
    dense = [
        draw_dense(
            cut(q.seen.maps, q.window), q.clicks, q.box,
            basin_hw=basin.astype(np.float32), mask_hw=q.mask_hw, window=q.window,
        )
        for q, basin in zip(questions, basins, strict=True)
    ]  # fmt: skip
    tokens = [draw_tokens(q.clicks, q.box, q.window, length=_TOKENS) for q in questions]
    arrays = [
        np.stack(features),
        np.stack(dense),
        np.stack([t[0] for t in tokens]),
        np.stack([t[1] for t in tokens]),
    ]
    return tuple(torch.from_numpy(array) for array in arrays), np.stack(basins)


def correct(decoder: PromptDecoder, questions: Sequence[Question]) -> None:
    """Add to each question the click that its present answer calls for."""
    inputs, basins = _inputs(questions)
    with torch.no_grad():
        logits, scores = decoder(*inputs)
    best = scores.argmax(dim=1).numpy()
    masks = logits.numpy() > 0
    for number, question in enumerate(questions):
        pick = int(best[number])
        mask_hw = basins[number] if pick == 0 else masks[number, pick - 1]
        mask_hw = respect(mask_hw, question.clicks, question.box, question.window)
        click = next_click(mask_hw, question.truth_hw)
        if click is not None and len(question.clicks) < 4:
            row, col, positive = click
            step, window = question.window.step, question.window
            place = (window.top + (row + 0.5) * step, window.left + (col + 0.5) * step)
            question.clicks.append(Click(*place, positive))


def prompt_loss(logits: Tensor, scores: Tensor, truth: Tensor, basins: Tensor) -> Tensor:
    """Cross-entropy and Dice of the best of the three masks (a little of the others), squared error of the IoUs.
    ``truth`` and ``basins`` are (batch, 128, 128)."""
    wide = truth[:, None].expand_as(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, wide, reduction="none").mean(dim=(2, 3))
    soft = logits.sigmoid()
    both = (soft * wide).sum(dim=(2, 3))
    dice = 1 - (2 * both + 1) / (soft.sum(dim=(2, 3)) + wide.sum(dim=(2, 3)) + 1)
    each = 5 * entropy + dice
    masks = torch.cat([basins[:, None], (logits.detach() > 0).float()], dim=1) > 0.5
    real = truth[:, None] > 0.5
    ious = (masks & real).sum(dim=(2, 3)) / (masks | real).sum(dim=(2, 3)).clamp(min=1)
    return each.min(dim=1).values.mean() + 0.1 * each.mean() + ((scores - ious) ** 2).mean() * (1 + MASKS)


def train_prompts(
    encoder: Encoder,
    samples: Sequence[Sample],
    options: TrainingOptions,
    *,
    views: int = 800,
    checkpoint: Path | None = None,
    watcher: Watcher | None = None,
) -> PromptDecoder:
    """Train a decoder over a frozen encoder on ``views`` encoded views; resumable like train_flows."""
    encoder.eval()
    rng = np.random.default_rng((options.seed, 2**31))
    chosen = rng.choice(len(samples), views, p=draw_weights(samples))
    seen = [see(encoder, samples[index], np.random.default_rng((options.seed, 1, n))) for n, index in enumerate(chosen)]
    torch.manual_seed(options.seed)
    decoder = PromptDecoder()
    return train(decoder, partial(_loss_of, seen, options), options, checkpoint=checkpoint, watcher=watcher)


def _loss_of(seen: Sequence[Seen], options: TrainingOptions, model: PromptDecoder, step: int) -> Tensor | None:
    rng = np.random.default_rng((options.seed, 3, step))
    picks = rng.choice(len(seen), options.batch)
    questions = [q for q in (ask(rng, seen[index]) for index in picks) if q is not None]
    if not questions:
        return None
    if rng.random() < _CORRECTION_SHARE:
        for _ in range(int(rng.integers(1, 3))):
            correct(model, questions)
    inputs, basins = _inputs(questions)
    truth = torch.from_numpy(np.stack([q.truth_hw for q in questions]).astype(np.float32))
    logits, scores = model(*inputs)
    return prompt_loss(logits, scores, truth, torch.from_numpy(basins.astype(np.float32)))
