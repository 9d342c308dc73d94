"""manage.py clean_storage [--days N]: removes the files of what was deleted long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from annotation.actions.reading import do_remove_unused_files


class Command(BaseCommand):
    """Files of which another image, or a snapshot, still needs something stay."""

    help = "Remove the files of images that were deleted long ago and that nothing else needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long ago."""
        parser.add_argument("--days", type=int, default=settings.KEEP_DELETED_DAYS, help="since it was deleted")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Says how many images' files went."""
        before = timezone.now() - timedelta(days=options["days"])
        self.stdout.write(f"The files of {do_remove_unused_files(before=before):,} images were removed.")
