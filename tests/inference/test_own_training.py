"""Training of one's own engines in miniature: it learns, stops in time, goes on equal, and names what does not fit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor, nn

from inference.contracts import AutoParams
from inference.engines import registry
from inference.engines.unet import make_network
from inference.errors import EngineError
from inference.networks.cellpose import CellposeNetwork
from inference.networks.segnet import SegNet
from inference.networks.trained import load_trained
from inference.training.cellpose import fit_size, train_cellpose
from inference.training.checkpoint import Round
from inference.training.class_views import BOUNDARY, IGNORED, INSIDE, ClassSample, Task, draw_class_view, with_boundary
from inference.training.datasets import make_sample
from inference.training.loop import TrainingOptions, Watcher, patience_is_over, train
from inference.training.pixel_classes import class_loss, train_pixel_classes
from inference.training.plan import Plan, split
from inference.training.synthetic import fluorescence


def write(folder: Path, name: str, image: NDArray[np.generic], labels_hw: NDArray[np.integer]) -> None:
    for kind, array in (("images", image), ("labels", labels_hw.astype(np.uint16))):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(array).save(folder / kind / f"{name}.png")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for seed in range(5):
        write(tmp_path, str(seed), *fluorescence(seed, height=90, width=100, cells=9))
    return tmp_path / "images", tmp_path / "labels"


def plan(folders: tuple[Path, Path], out: Path, **more: object) -> Plan:
    usual = {
        "folders": (folders,),
        "out": out,
        "steps": 4,
        "round_steps": 2,
        "width": 2,
        "batch": 2,
        "size": 64,
        "warm_up": 5,
    }
    usual["size_views"] = 3
    return Plan(**(usual | more))  # type: ignore[arg-type]


def weights_of(path: Path) -> dict[str, Tensor]:
    return load_trained(path, engine="cellpose", make=lambda facts: CellposeNetwork(facts.width))[0].state_dict()


def curve_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_folders_become_weights_and_a_curve(folders: tuple[Path, Path], tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "deeper" / "own.safetensors"
    train_cellpose(plan(folders, out), say=said.append)
    assert said[0] == "4 images, 1 more for validation"
    assert sorted(path.name for path in out.parent.iterdir()) == ["own.curve.csv", "own.safetensors"]
    rows = curve_of(out.with_name("own.curve.csv"))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(0 <= float(row["AP@0.5"]) <= 1 and float(row["loss"]) > 0 for row in rows)


def test_one_seed_gives_one_network(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_cellpose(plan(folders, tmp_path / name / "x.safetensors", seed=seed, steps=2), say=lambda _: None)
    a, b, c = (weights_of(tmp_path / name / "x.safetensors") for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


def test_the_held_out_images_are_not_learnt_from(folders: tuple[Path, Path], tmp_path: Path) -> None:
    learnt, kept = split(plan(folders, tmp_path / "x", held_out=0.4))
    assert len(kept) == 2
    assert {pair.name for _, pair in learnt} | {pair.name for _, pair in kept} == set("01234")
    assert split(plan(folders, tmp_path / "x", held_out=0.4)) == (learnt, kept)
    assert split(plan(folders, tmp_path / "x", held_out=0.0))[1] == []
    assert len(split(plan(folders, tmp_path / "x", validation=(folders,)))[0]) == 5


class OneNumber(nn.Module):
    """A network with a single weight."""

    def __init__(self) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.zeros(1))


def approach(network: OneNumber, step: int) -> Tensor:
    return (network.number - 1).square().sum()


class Rounds(Watcher):
    """Keeps what a training said, and may end the process after a round."""

    def __init__(self, kill_after: int = 0) -> None:
        self.rounds: list[Round] = []
        self.best: Round | None = None
        self.kill_after = kill_after

    def round(self, rounds: list[Round]) -> None:
        self.rounds = list(rounds)
        if len(rounds) == self.kill_after:
            raise KeyboardInterrupt

    def stopped_early(self, best: Round) -> None:
        self.best = best


def test_it_stops_when_nothing_becomes_better_and_keeps_the_best() -> None:
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.1])
    seen: list[float] = []

    def validate(network: OneNumber) -> float:
        seen.append(float(network.number.detach()))
        return next(scores)

    watcher = Rounds()
    options = TrainingOptions(steps=1000, round_steps=5, patience=3)
    best = train(OneNumber(), approach, options, validate=validate, watcher=watcher)
    assert [each.score for each in watcher.rounds] == [0.1, 0.5, 0.4, 0.3, 0.2]
    assert watcher.best == watcher.rounds[1]
    assert float(best.number.detach()) == seen[1]
    assert not patience_is_over([], 3)
    assert not patience_is_over(watcher.rounds, None)


def test_a_training_killed_after_a_round_goes_on_with_its_rounds(tmp_path: Path) -> None:
    def score(network: OneNumber) -> float:
        return -abs(1 - float(network.number.detach()))

    options = TrainingOptions(steps=12, round_steps=4, save_seconds=0, plan="seed 0")
    whole, halves = Rounds(), Rounds()
    one = train(OneNumber(), approach, options, validate=score, watcher=whole)
    with pytest.raises(KeyboardInterrupt):
        train(
            OneNumber(), approach, options, checkpoint=tmp_path / "part", validate=score, watcher=Rounds(kill_after=2)
        )
    other = train(OneNumber(), approach, options, checkpoint=tmp_path / "part", validate=score, watcher=halves)
    assert torch.equal(one.number, other.number)
    assert [(r.step, r.score) for r in halves.rounds] == [(r.step, r.score) for r in whole.rounds]
    with pytest.raises(EngineError, match="started with seed 0, not with seed 1"):
        train(OneNumber(), approach, TrainingOptions(steps=12, plan="seed 1"), checkpoint=tmp_path / "part")


def test_cellposes_network_learns_in_a_few_steps(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "x.safetensors"
    train_cellpose(plan(folders, out, steps=18, round_steps=6, width=4), say=lambda _: None)
    losses = [float(row["loss"]) for row in curve_of(tmp_path / "x.curve.csv")]
    assert losses[-1] < 0.8 * losses[0]


def test_the_style_tells_twice_as_large_from_half_as_large() -> None:
    """Even the style of a network with random weights knows something of sizes."""
    torch.manual_seed(0)
    network = CellposeNetwork(4).eval()
    samples = [make_sample(str(seed), *fluorescence(seed, height=120, width=120, cells=12)) for seed in range(2)]
    fit_size(network, samples, seed=0, views=8)
    assert network.size.weight.abs().max() > 0


def two_colours(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Red cells of class 1 and green ones of class 2."""
    image_hw, labels_hw = fluorescence(seed, height=90, width=100, cells=9)
    classes_hw = np.where(labels_hw > 0, 1 + labels_hw % 2, 0).astype(np.int32)
    image_hwc = np.stack([image_hw // 6] * 3, axis=-1).astype(np.uint8)
    for value in (1, 2):
        image_hwc[classes_hw == value, value - 1] = image_hw[classes_hw == value]
    return image_hwc, classes_hw


def test_classes_are_learnt_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "unet"
    for seed in range(4):
        write(tmp_path, str(seed), *two_colours(seed))
    out = tmp_path / f"{name}.safetensors"
    folders = (tmp_path / "images", tmp_path / "labels")
    wanted = plan(folders, out, steps=80, round_steps=40, width=4, batch=3, classes=("red", "green"))
    train_pixel_classes(wanted, engine=name, say=lambda _: None)
    assert float(curve_of(tmp_path / f"{name}.curve.csv")[-1]["mean IoU"]) > 0.3
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.delenv(f"CYTOMARK_{name.upper()}_CHECKPOINT", raising=False)
    registry._engine.cache_clear()
    image_hwc, truth_hw = two_colours(9)
    found = registry.get_auto_engine(name).segment(image_hwc, AutoParams())
    registry._engine.cache_clear()
    assert len(found.classes) == len(found.scores) == found.labels_hw.max() > 0
    names = np.array(["", *found.classes])[found.labels_hw]
    both = found.labels_hw > 0
    right = np.array(["", "red", "green"])[truth_hw] == names
    assert right[both & (truth_hw > 0)].mean() > 0.7


def test_segnet_is_trained_by_the_same_command(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "segnet.safetensors"
    train_pixel_classes(plan(folders, out, steps=3, round_steps=3), engine="segnet", say=lambda _: None)
    network, facts, _ = load_trained(out, engine="segnet", make=lambda facts: make_network("segnet", facts))
    assert isinstance(network, SegNet)
    assert (facts.classes, facts.boundary) == (("cell",), True)


def test_cells_of_a_view_have_an_inside_and_a_boundary() -> None:
    image_hw, labels_hw = fluorescence(2, height=90, width=100, cells=9)
    kinds_hw = with_boundary(labels_hw)
    assert ((kinds_hw > 0) == (labels_hw > 0)).all()
    assert {INSIDE, BOUNDARY} <= set(kinds_hw.ravel().tolist())
    pixels_hwc = np.repeat(image_hw[..., None], 3, axis=2).astype(np.float32) / 255
    sample = ClassSample("a", "grey", pixels_hwc, labels_hw, 12.0)
    pixels_chw, targets_hw = draw_class_view(
        np.random.default_rng(0), sample, Task(("cell",), boundary=True, diameter=17.0), size=256
    )
    assert pixels_chw.shape == (3, 256, 256)
    assert set(np.unique(targets_hw).tolist()) == {IGNORED, 0, INSIDE, BOUNDARY}
    assert not pixels_chw[:, targets_hw == IGNORED].any()


def test_what_lies_outside_of_the_image_does_not_count() -> None:
    targets = torch.full((1, 4, 4), IGNORED)
    targets[0, :2] = 1
    logits = torch.zeros(1, 2, 4, 4)
    other = logits.clone()
    other[:, :, 2:] = torch.randn(1, 2, 2, 4)
    weights = torch.ones(2)
    assert class_loss(logits, targets, weights) == class_loss(other, targets, weights)


def test_labels_that_do_not_fit_the_classes_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    def refused(**more: object) -> str:
        with pytest.raises(EngineError) as caught:
            train_pixel_classes(plan(folders, tmp_path / "x", **more), engine="unet", say=lambda _: None)
        return caught.value.message

    assert "pixels of class 9, but --classes names 2" in refused(classes=("a", "b"))
    assert "Name 1 to 64 different classes" in refused(classes=tuple(str(n) for n in range(65)))
    assert "different" in refused(classes=("a", "a"))
    assert "1 to 80 letters" in refused(classes=("a", ""))
    assert "shows the class “j”" in refused(classes=tuple("abcdefghij"))
    for path in folders[1].iterdir():
        Pillow.fromarray(np.zeros((90, 100), np.uint16)).save(path)
    assert "there is nothing to learn" in refused()
