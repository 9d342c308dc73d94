"""manage.py import_annotations FILE --project NAME_OR_ID --user NAME [--format NAME] [--make-classes] [--dry-run]:
cells from another program onto images that are there, or with images that come along."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.actions.adding import Adding, add_found, summary
from annotation.actions.annotation_imports import Report, check_format, do_make_classes, read_file
from annotation.actions.findings import Findings
from annotation.datasets.readers.registry import READERS
from annotation.errors import AppError
from annotation.imaging.storage import staging_folder
from annotation.management.commands._owners import find_project, find_user


class Command(BaseCommand):
    """Says what it would add, and adds it."""

    help = "Add the cells of a file (a zip, or a single file) to a project's images, with images that come along."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whose images it is about."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, help="its name or its id")
        parser.add_argument("--user", required=True, help="who imports it")
        parser.add_argument(
            "--format", default="", help=f"found out where it is left out; one of: {', '.join(READERS)}"
        )
        parser.add_argument("--make-classes", action="store_true", help="make the classes that the project lacks")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be added")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exit code 1 when nothing could be read."""
        user = find_user(options["user"])
        project, path = find_project(user, options["project"]), options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}. Check the path.")
        try:
            check_format(options["format"])
            with staging_folder() as folder:
                findings = Findings(folder)
                report = read_file(
                    path, findings, project=project, name=path.name, format_name=options["format"],
                    on_progress=lambda _share: None,
                )  # fmt: skip
                self._tell(report)
                if options["dry_run"]:
                    return
                if options["make_classes"]:
                    do_make_classes(user, project, report.unknown_classes)
                adding = Adding(uuid4(), project, user, report.format, lambda _share: None)
                self.stdout.write(f"{summary(add_found(findings, adding))}.")
        except AppError as error:
            raise CommandError(error.message) from error

    def _tell(self, report: Report) -> None:
        self.stdout.write(f"{report.format}: {report.cells:,} cells for {report.image_count:,} images.")
        for image in report.images:
            covered = f", {image['covered']:,} of them where others are already" if image["covered"] else ""
            new = " (new image)" if image["new"] else ""
            self.stdout.write(f"  {image['name']}{new}: {image['cells']:,} cells{covered}")
        for row in report.problems:
            self.stderr.write(f"  {row['name']} is left out: {row['problem']}.")
        if report.unknown_classes:
            listed = ", ".join(report.unknown_classes)
            self.stderr.write(f"  These classes are not in the project, their cells get none: {listed}.")
