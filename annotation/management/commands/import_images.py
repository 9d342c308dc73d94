"""manage.py import_images FILE… --project NAME_OR_ID --user NAME [--series N | --all-series] [--stack-as z|t|c]: images
from this machine, by the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.actions.imports import do_import_file
from annotation.actions.reading import Ready
from annotation.errors import AppError
from annotation.imaging.source import STACKS, Choice
from annotation.management.commands._owners import find_project, find_user
from annotation.models import Project, User


class Command(BaseCommand):
    """A file that cannot be read gets its sentence; the others go on."""

    help = "Import image files into a project."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files, and whose they will be."""
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--project", required=True, help="its name or its id")
        parser.add_argument("--user", required=True, help="who imports them")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--series", type=int, default=1, help="of a file with several images, this one (from 1)")
        which.add_argument("--all-series", action="store_true", help="all images of each file")
        parser.add_argument(
            "--stack-as", choices=STACKS, default=STACKS[0], help="what the planes of a plain stack are (z if not said)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exit code 1 when a file was not imported."""
        user = find_user(options["user"])
        project = find_project(user, options["project"])
        chosen = {"all_series": options["all_series"], "first": options["series"] - 1, "stack_as": options["stack_as"]}
        failed = sum(not self._import(path, project, user, **chosen) for path in options["files"])
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} files were not imported.")

    def _import(self, path: Path, project: Project, user: User, *, all_series: bool, first: int, stack_as: str) -> bool:
        try:
            names = self._import_one(path, project, user, name=path.name, choice=Choice(first, stack_as)).series
            for number, name in enumerate(names[1:] if all_series else (), 1):
                self._import_one(path, project, user, name=f"{path.name} {name}", choice=Choice(number, stack_as))
        except AppError as error:
            self.stderr.write(error.message)
        except OSError as error:
            self.stderr.write(f"{path} cannot be opened: {error.strerror}. Check the path and its permissions.")
        else:
            return True
        return False

    def _import_one(self, path: Path, project: Project, user: User, *, name: str, choice: Choice) -> Ready:
        said: list[Ready] = []
        image = do_import_file(path, project=project, user=user, name=name, on_read=said.append, choice=choice)
        self.stdout.write(f"{image.name}: {image.width} × {image.height}, {image.dtype}, {image.pk}")
        for note in said[0].notes:
            self.stdout.write(f"  {note}")
        return said[0]
