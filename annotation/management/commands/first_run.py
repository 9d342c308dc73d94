"""manage.py first_run --url URL: somebody who may sign in, and something to click, on a server that has neither."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from PIL import Image

from annotation.actions.demo import do_create_demo
from annotation.actions.people import do_create_first_administrator, first_administrator, sign_in_path
from inference.training.synthetic import fluorescence, tissue


def write_demo_images(folder: Path) -> list[Path]:
    """Five generated microscope images: PNG and TIFF, 8 and 16 bits, grey and RGB."""
    paths = []
    for number, (height, width, cells) in enumerate([(512, 640, 60), (512, 512, 90), (480, 720, 45)], start=1):
        paths.append(folder / f"nuclei_{number:02}.png")
        image_hw, _ = fluorescence(number, height=height, width=width, cells=cells)
        Image.fromarray(image_hw).save(paths[-1])
    image_hw, _ = fluorescence(4, height=600, width=600, cells=70, dtype=np.uint16)
    paths.append(folder / "nuclei_16bit.tif")
    tifffile.imwrite(paths[-1], image_hw, compression="zlib")
    image_hwc, _ = tissue(5, height=512, width=640, cells=70)
    paths.append(folder / "tissue.tif")
    tifffile.imwrite(paths[-1], image_hwc, photometric="rgb", compression="zlib")
    return paths


class Command(BaseCommand):
    """Prints one line: where Cytomark runs and, until somebody has used it, the first sign-in link."""

    help = "Make the first administrator and a demo project where there are no people yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--no-demo`` for servers that are not for trying things out."""
        parser.add_argument("--url", required=True, help="how browsers reach this server")
        parser.add_argument("--demo", action=argparse.BooleanOptionalAction, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Does nothing twice."""
        # Both or neither: a start that breaks in between must find an empty database next time.
        with transaction.atomic(), tempfile.TemporaryDirectory() as folder:
            user = do_create_first_administrator()
            if user is not None and options["demo"]:
                do_create_demo(user, write_demo_images(Path(folder)))
        url, waiting = options["url"].rstrip("/"), first_administrator()
        link = f"  ·  first sign-in: {url}{sign_in_path(waiting)}" if waiting else ""
        self.stdout.write(f"Cytomark runs at {url}{link}")
