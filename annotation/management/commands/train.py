"""`manage.py train starter --images DIR --labels DIR --out FILE`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Train a network of ours on folders of images with label images."""

    help = "Train a network: flows first, then the prompt decoder. Killed, it goes on with --resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("network", choices=["starter"])
        parser.add_argument("--images", required=True, type=Path, action="append", help="folder; may be repeated")
        parser.add_argument("--labels", required=True, type=Path, action="append", help="one for each --images")
        parser.add_argument("--out", required=True, type=Path, help="weights file (safetensors)")
        parser.add_argument("--steps", type=int, help="steps of each half")
        parser.add_argument("--minutes", type=float, help="time for both halves, two thirds of it for the flows")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoints beside --out")

    def handle(self, *, images: list[Path], labels: list[Path], out: Path, **options: object) -> None:
        from inference.errors import EngineError
        from inference.training.starter import StarterTraining, train_starter

        steps, minutes, seed = options["steps"], options["minutes"], options["seed"]
        if len(images) != len(labels):
            raise CommandError("Give one --labels for each --images.")
        if steps is None and minutes is None:
            raise CommandError("Say how long to train: --steps or --minutes.")
        plan = StarterTraining(
            folders=tuple(zip(images, labels, strict=True)),
            out=out,
            steps=steps if isinstance(steps, int) else None,
            minutes=minutes if isinstance(minutes, float) else None,
            seed=seed if isinstance(seed, int) else 0,
        )
        try:
            train_starter(plan, resume=bool(options["resume"]), say=self.stdout.write)
        except EngineError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Wrote {out}.")
