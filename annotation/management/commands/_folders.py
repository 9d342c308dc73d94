"""Arguments of the commands that go through a folder of images and a folder of label images."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.management.base import CommandError

if TYPE_CHECKING:
    from inference.training.datasets import Pair


def add_folder_arguments(parser: ArgumentParser) -> None:
    """--images, --labels, --match, --names, --limit and --json."""
    parser.add_argument("--images", required=True, type=Path, help="folder of PNG, JPEG or TIFF images")
    parser.add_argument("--labels", required=True, type=Path, help="folder of label images with the same names")
    parser.add_argument("--match", default="*", help="only images whose name without suffix fits this pattern")
    parser.add_argument(
        "--names", type=Path, help="only the images named in this file, one name a line, without suffix"
    )
    parser.add_argument("--limit", type=int, help="only the first so many")
    parser.add_argument("--json", action="store_true", help="write one JSON object to standard output")


def chosen_pairs(options: Mapping[str, object]) -> list[Pair]:
    """The pairs that the arguments ask for. Raises EngineError for the folders, CommandError where none is left."""
    from inference.training.datasets import find_pairs

    images, labels, names = options["images"], options["labels"], options["names"]
    assert isinstance(images, Path)  # noqa: S101 - made by the parser
    assert isinstance(labels, Path)  # noqa: S101
    pairs = [pair for pair in find_pairs(images, labels) if fnmatch(pair.name, str(options["match"]))]
    if isinstance(names, Path):
        if not names.is_file():
            raise CommandError(f"There is no file “{names}”.")
        wanted = set(names.read_text().split())
        pairs = [pair for pair in pairs if pair.name in wanted]
    limit = options["limit"]
    if isinstance(limit, int):
        pairs = pairs[: max(limit, 0)]
    if not pairs:
        raise CommandError("No image is left: check --match, --names and --limit.")
    return pairs
