"""Training in miniature: it learns, and a killed training goes on as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from inference.errors import EngineError
from inference.networks.starter import Encoder
from inference.networks.starter_weights import load_starter
from inference.training.augment import draw_view
from inference.training.datasets import Sample, find_pairs, make_sample
from inference.training.flow_fields import train_flows
from inference.training.loop import TrainingOptions, Watcher
from inference.training.plan import Plan
from inference.training.prompts import train_prompts
from inference.training.starter import train_starter
from inference.training.synthetic import fluorescence

SAMPLES = [make_sample(str(seed), *fluorescence(seed, height=96, width=96, cells=8)) for seed in range(3)]


def options(steps: int, *, batch: int = 2, size: int = 64) -> TrainingOptions:
    return TrainingOptions(steps=steps, batch=batch, size=size, seed=3, report_every=5, save_seconds=0)


def equal(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


class Losses(Watcher, list[float]):
    """Keeps every loss that is reported."""

    def step(self, step: int, loss: float, seconds: float, share: float) -> None:
        self.append(loss)


def test_twenty_steps_reduce_the_loss() -> None:
    losses = Losses()
    train_flows(SAMPLES, options(20, batch=4), watcher=losses)
    assert losses[-1] < 0.85 * losses[0]


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_training_goes_on_equal(tmp_path: Path) -> None:
    """The kill falls after the checkpoint of step 6, in the middle of the way."""
    whole = train_flows(SAMPLES, options(10), checkpoint=tmp_path / "whole")

    class Kill(Watcher):
        def step(self, step: int, loss: float, seconds: float, share: float) -> None:
            if step == 5:
                raise KilledError

    with pytest.raises(KilledError):
        train_flows(SAMPLES, options(10), checkpoint=tmp_path / "killed", watcher=Kill())
    resumed = train_flows(SAMPLES, options(10), checkpoint=tmp_path / "killed")
    assert equal(whole, resumed)


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foreign").write_bytes(b"something else")
    with pytest.raises(EngineError, match="Remove the file"):
        train_flows(SAMPLES, options(3), checkpoint=tmp_path / "foreign")


def test_the_prompt_decoder_learns() -> None:
    torch.manual_seed(0)
    losses = Losses()
    train_prompts(Encoder(), SAMPLES, options(15, batch=3), views=2, watcher=losses)
    assert losses[-1] < losses[0]


def test_flow_vectors_turn_with_the_picture() -> None:
    sample: Sample = SAMPLES[0]
    for seed in range(6):
        view = draw_view(np.random.default_rng(seed), sample, size=96)
        for label in np.unique(view.labels_hw)[1:]:
            rows, cols = np.nonzero(view.labels_hw == label)
            if rows.size < 80:
                continue
            towards = np.stack([rows.mean() - rows, cols.mean() - cols])
            along = (towards * view.flow[:, rows, cols]).sum(axis=0)
            assert along.mean() > 0 or rows.min() == 0 or cols.min() == 0 or 95 in (rows.max(), cols.max())


def write_folders(folder: Path) -> tuple[Path, Path]:
    images, labels = folder / "images", folder / "labels"
    images.mkdir()
    labels.mkdir()
    for seed in range(2):
        image_hw, labels_hw = fluorescence(seed, height=80, width=96, cells=8)
        Pillow.fromarray(image_hw).save(images / f"{seed}.png")
        Pillow.fromarray(labels_hw.astype(np.uint16)).save(labels / f"{seed}.png")
    return images, labels


def test_folders_become_a_weights_file(tmp_path: Path) -> None:
    out = tmp_path / "own.safetensors"
    plan = Plan(folders=(write_folders(tmp_path),), out=out, steps=2, batch=2)
    said: list[str] = []
    train_starter(plan, say=said.append, views=2, prompt_batch=2)
    load_starter(out)
    assert said[0] == "2 images, 0 more for validation"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "labels", "own.safetensors"]


def test_an_image_without_labels_is_named(tmp_path: Path) -> None:
    images, labels = write_folders(tmp_path)
    (labels / "1.png").unlink()
    with pytest.raises(EngineError, match=r"“1\.png” has no label image"):
        find_pairs(images, labels)
