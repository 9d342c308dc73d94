"""`manage.py evaluate ENGINE --images DIR --labels DIR --json`."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from annotation.management.commands._folders import add_folder_arguments, chosen_pairs


class Command(BaseCommand):
    """Average precision of an engine over a folder of images with label images."""

    help = "Measure how well an engine finds cells: AP at IoU 0.5, 0.75 and the mean over 0.5 to 0.9."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine")
        add_folder_arguments(parser)

    def handle(self, **options: object) -> None:
        from inference.engines.registry import get_auto_engine
        from inference.errors import EngineError
        from inference.training.evaluate import evaluate

        try:
            engine = get_auto_engine(str(options["engine"]))
            result = evaluate(engine, chosen_pairs(options), say=self.stderr.write)
        except EngineError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        scores = result["ap"]
        assert isinstance(scores, dict)  # noqa: S101 - evaluate's own contract
        self.stdout.write(f"{result['images']} images, {', '.join(f'AP@{k} {v:.3f}' for k, v in scores.items())}")
