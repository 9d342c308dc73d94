"""`manage.py simulate ENGINE --images DIR --labels DIR --json`."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from annotation.management.commands._folders import add_folder_arguments, chosen_pairs


class Command(BaseCommand):
    """Clicks that a simulated annotator needs with an engine."""

    help = "Measure how many clicks an engine needs, with a simulated annotator over images with label images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine")
        add_folder_arguments(parser)

    def handle(self, **options: object) -> None:
        from inference.engines.registry import get_prompt_engine
        from inference.errors import EngineError
        from inference.training.evaluate import simulate

        try:
            engine = get_prompt_engine(str(options["engine"]))
            result = simulate(engine, chosen_pairs(options), say=self.stderr.write)
        except EngineError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        ious, clicks = result["mean_iou"], result["clicks_to"]
        assert isinstance(ious, dict)  # noqa: S101 - simulate's own contract
        assert isinstance(clicks, dict)  # noqa: S101
        after = ", ".join(f"after {k}: {v:.3f}" for k, v in ious.items())
        needed = ", ".join(f"to {k}: {v:.2f}" for k, v in clicks.items())
        self.stdout.write(f"{result['objects']} cells; mean IoU {after}; clicks {needed}")
