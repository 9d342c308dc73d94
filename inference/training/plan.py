"""What every training of ours shares: folders, the held-out part, the checkpoint, and the curve beside the weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np

from inference.errors import EngineError, EngineErrorCode
from inference.training.checkpoint import Round
from inference.training.datasets import Pair, find_pairs
from inference.training.loop import Watcher

Folders = tuple[tuple[Path, Path], ...]
Say = Callable[[str], None]
Show = Callable[[float, str], None]
"""Told the share of the training that is done, and a few words: a progress bar."""
Loaded = TypeVar("Loaded")
MOST_VALIDATION = 16
"""More images would take the time from the training; they are spread evenly over those held out."""
_FEWEST_TO_SPLIT = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """One training. ``folders`` and ``validation`` are (images, labels); without the latter ``held_out`` of the images,
    drawn by ``seed``, are kept for validation, where there are at least four. ``steps`` or ``minutes`` end it;
    ``patience`` and ``round_steps`` as in TrainingOptions. ``width`` is the network's size, ``classes`` the names of
    label values 1, 2, …; None where labels number cells. ``batch`` views of ``size`` × ``size`` pixels a step, ``warm_up`` of them at a rising rate; cellpose: the line from styles to
    sizes is fitted on ``size_views`` views."""

    folders: Folders
    out: Path
    validation: Folders = ()
    held_out: float = 0.1
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    patience: int | None = None
    round_steps: int = 100
    width: int = 16
    classes: tuple[str, ...] | None = None
    batch: int = 4
    size: int = 128
    warm_up: int = 20
    size_views: int = 160


Grouped = list[tuple[str, Pair]]
"""Pairs, each with the name of the folder that it came from: pictures of one folder look alike."""


def _pairs(folders: Folders) -> Grouped:
    return [
        (f"{number}-", pair) for number, (images, labels) in enumerate(folders) for pair in find_pairs(images, labels)
    ]


def split(plan: Plan) -> tuple[Grouped, Grouped]:
    """The pairs to learn from and those to validate with, at most MOST_VALIDATION. The same for the same plan."""
    pairs = _pairs(plan.folders)
    if plan.validation:
        kept = _pairs(plan.validation)
    else:
        count = max(round(plan.held_out * len(pairs)), 1) if plan.held_out > 0 else 0
        count = count if len(pairs) >= _FEWEST_TO_SPLIT else 0
        chosen = set(np.random.default_rng((plan.seed, 7)).permutation(len(pairs))[:count].tolist())
        kept = [pair for number, pair in enumerate(pairs) if number in chosen]
        pairs = [pair for number, pair in enumerate(pairs) if number not in chosen]
    places = np.linspace(0, len(kept) - 1, min(len(kept), MOST_VALIDATION)).round().astype(int)
    return pairs, [kept[place] for place in places.tolist()]


def load_split(plan: Plan, load: Callable[[list[Pair], str], list[Loaded]]) -> tuple[list[Loaded], list[Loaded]]:
    """Both halves of the split, read by ``load``, which is given pairs of one folder and the name of their group."""
    halves = [
        [
            one
            for group, members in groupby(half, key=itemgetter(0))
            for one in load([pair for _, pair in members], group)
        ]
        for half in split(plan)
    ]
    return halves[0], halves[1]


def nothing_to_learn() -> EngineError:
    """The error for labels without a single cell."""
    return EngineError(
        EngineErrorCode.IMAGE_UNSUPPORTED, "No label image holds a cell: there is nothing to learn.", permanent=True
    )


def checkpoint_of(plan: Plan, *, resume: bool, part: str = "") -> Path:
    """Where the training is kept until it ends, beside the weights; an old one is removed unless it is resumed. Makes
    the folder; raises EngineError where that cannot be, before any time is spent."""
    try:
        plan.out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID, f"“{plan.out.parent}” cannot be made: {error.strerror}.", permanent=True
        ) from error
    path = plan.out.with_name(f"{plan.out.stem}{part}.part")
    if not resume:
        path.unlink(missing_ok=True)
    return path


class Curve(Watcher):
    """Writes OUT.curve.csv after every round, and says what happens. ``measure`` is the name of the score; ``show`` is
    told the share done and the loss, for a progress bar."""

    def __init__(self, out: Path, *, measure: str, say: Say, show: Show | None = None) -> None:
        self._path = out.with_name(f"{out.stem}.curve.csv")
        self._measure, self._say, self._show = measure, say, show
        self._path.unlink(missing_ok=True)

    def step(self, step: int, loss: float, seconds: float, share: float) -> None:
        """See Watcher.step."""
        if self._show is None:
            self._say(f"step {step}, loss {loss:.4f}, {seconds:.0f} s")
        else:
            self._show(share, f"step {step}, loss {loss:.4f}")

    def round(self, rounds: list[Round]) -> None:
        """See Watcher.round."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["step", "seconds", "loss", self._measure])
        table.writerows([r.step, f"{r.seconds:.1f}", f"{r.loss:.5f}", f"{r.score:.5f}"] for r in rounds)
        beside = self._path.with_name(f"{self._path.name}.part")
        beside.write_text(text.getvalue())
        beside.replace(self._path)
        last = rounds[-1]
        self._say(f"step {last.step}: {self._measure} {last.score:.4f}, loss {last.loss:.4f}, {last.seconds:.0f} s")

    def stopped_early(self, best: Round) -> None:
        """See Watcher.stopped_early."""
        self._say(f"Nothing became better any more: stopped early. The weights of step {best.step} are kept.")
