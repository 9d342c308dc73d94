"""`manage.py segment ENGINE FILE… --out DIR`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Find all cells of image files."""

    help = "Find all cells of PNG, JPEG or TIFF files; writes a label TIFF for each (uint16, or uint32 above 65,535)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine")
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--out", required=True, type=Path, help="folder for the label images")
        parser.add_argument("--diameter", type=float, help="typical cell diameter in pixels; estimated if not given")
        parser.add_argument("--min-area", type=int, default=15, help="smallest cell, in pixels")

    def handle(self, *, engine: str, files: list[Path], out: Path, **options: object) -> None:
        from inference.contracts import AutoParams
        from inference.engines.registry import get_auto_engine
        from inference.errors import EngineError
        from inference.training.evaluate import segment_files

        diameter, least = options["diameter"], options["min_area"]
        params = AutoParams(
            diameter=diameter if isinstance(diameter, float) else None,
            min_area=least if isinstance(least, int) else 15,
        )
        try:
            problems = segment_files(get_auto_engine(engine), files, out, params=params, say=self.stdout.write)
        except EngineError as error:
            raise CommandError(error.message) from error
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} of {len(files)} files could not be segmented.")
