"""`manage.py train ENGINE --images DIR --labels DIR --out FILE`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from inference.training.plan import Folders, Plan, Say, Show

ENGINES = ("starter", "cellpose", "unet", "segnet")
CLASSED = ("unet", "segnet")
LARGEST_WIDTH = 128


class Trainer(Protocol):
    """Trains what a plan describes and writes its weights file."""

    def __call__(self, plan: Plan, *, resume: bool, say: Say, show: Show | None) -> None: ...


class Command(BaseCommand):
    """Train a network of ours on folders of images with label images."""

    help = "Train an engine's weights on images of your own. Killed, it goes on with --resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", choices=ENGINES)
        parser.add_argument("--images", required=True, type=Path, action="append", help="folder; may be repeated")
        parser.add_argument("--labels", required=True, type=Path, action="append", help="one for each --images")
        parser.add_argument("--out", required=True, type=Path, help="weights file (safetensors)")
        parser.add_argument("--val-images", type=Path, action="append", default=[], help="validate on these instead")
        parser.add_argument("--val-labels", type=Path, action="append", default=[], help="one for each --val-images")
        parser.add_argument("--val-share", type=float, default=0.1, help="share of --images held out (default 0.1)")
        parser.add_argument("--steps", type=int, help="end after so many (starter: in each half)")
        parser.add_argument("--minutes", type=float, help="end after so many")
        parser.add_argument("--patience", type=int, help="end after so many rounds without a better validation")
        parser.add_argument("--round-steps", type=int, default=100, help="steps between validations (default 100)")
        parser.add_argument("--width", type=int, default=16, help="channels at full size, 8 is small (default 16)")
        parser.add_argument("--classes", help="unet, segnet: names of label values 1, 2, …, with commas between")
        parser.add_argument(
            "--boundary", action="store_true", help="unet, segnet: labels number cells (the default without --classes)"
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoint beside --out")

    def handle(self, *, engine: str, resume: bool, **options: Any) -> None:
        from inference.errors import EngineError

        _check(engine, options)
        plan = _plan(engine, options)
        bar = _Bar() if sys.stderr.isatty() else None
        say, show = (self._say, None) if bar is None else (bar.say, bar.show)
        try:
            _trainer(engine)(plan, resume=resume, say=say, show=show)
        except EngineError as error:
            raise CommandError(error.message) from error
        finally:
            if bar is not None:
                bar.close()
        self.stdout.write(f"Wrote {plan.out}.")

    def _say(self, words: str) -> None:
        """At once: somebody follows a log file."""
        self.stdout.write(words)
        self.stdout.flush()


class _Bar:
    """A line that shows how far the training is, on a terminal."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._write = tqdm.write
        self._bar = tqdm(total=100.0, bar_format="{percentage:3.0f} % |{bar}| {elapsed}, {remaining} left {postfix}")

    def show(self, share: float, words: str) -> None:
        self._bar.set_postfix_str(words, refresh=False)
        self._bar.update(100 * share - self._bar.n)

    def say(self, words: str) -> None:
        self._write(words)

    def close(self) -> None:
        self._bar.close()


def _check(engine: str, options: Mapping[str, Any]) -> None:
    """Raise CommandError for arguments that do not go together."""
    for images, labels in (("images", "labels"), ("val_images", "val_labels")):
        if len(options[images]) != len(options[labels]):
            flags = (f"--{name.replace('_', '-')}" for name in (labels, images))
            raise CommandError("Give one {} for each {}.".format(*flags))
    if options["out"].is_dir():
        raise CommandError(f"“{options['out']}” is a folder: give the name of a file.")
    if options["steps"] is None and options["minutes"] is None:
        raise CommandError("Say how long to train: --steps or --minutes.")
    _check_numbers(options)
    if engine not in CLASSED and (options["classes"] is not None or options["boundary"]):
        raise CommandError(f"--classes and --boundary are for {' and '.join(CLASSED)}.")
    if options["classes"] is not None and options["boundary"]:
        raise CommandError("Give --classes where labels are classes, or --boundary where they number cells; not both.")


def _check_numbers(options: Mapping[str, Any]) -> None:
    for name in ("steps", "minutes", "patience", "round_steps"):
        if options[name] is not None and not options[name] > 0:
            raise CommandError(f"--{name.replace('_', '-')} has to be above zero.")
    if not 1 <= options["width"] <= LARGEST_WIDTH:
        raise CommandError(f"--width goes from 1 to {LARGEST_WIDTH}.")
    if not 0 <= options["val_share"] < 1 or options["seed"] < 0:
        raise CommandError("--val-share goes from 0 to under 1, and --seed starts at 0.")


def _plan(engine: str, options: Mapping[str, Any]) -> Plan:
    from inference.training.plan import Plan

    def pairs(images: str, labels: str) -> Folders:
        return tuple(zip(options[images], options[labels], strict=True))

    classes = options["classes"]
    plan = Plan(
        folders=pairs("images", "labels"),
        out=options["out"],
        validation=pairs("val_images", "val_labels"),
        held_out=options["val_share"],
        steps=options["steps"],
        minutes=options["minutes"],
        seed=options["seed"],
        patience=options["patience"],
        round_steps=options["round_steps"],
        width=options["width"],
        classes=None if classes is None else tuple(name.strip() for name in classes.split(",")),
    )
    return replace(plan, batch=8, size=192) if engine == "starter" else plan


def _trainer(engine: str) -> Trainer:
    if engine == "starter":
        from inference.training.starter import train_starter

        return train_starter
    if engine == "cellpose":
        from inference.training.cellpose import train_cellpose

        return train_cellpose
    from inference.training.pixel_classes import train_pixel_classes

    return partial(train_pixel_classes, engine=engine)
