"""manage.py verify: proves that the log of every image, replayed from nothing, gives the cells that there are."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Image, Operation
from annotation.verify import verify_all


class Command(BaseCommand):
    """Reads everything, changes nothing; may run while people work."""

    help = "Check that the history of every image gives the cells that are there. Ends with 1 where it does not."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print what is wrong, or that all is well."""
        found = list(verify_all())
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(
                f"{len(found)} things are wrong. Keep the database as it is, and restore a backup beside it."
            )
        images, operations = Image.objects.count(), Operation.objects.count()
        self.stdout.write(f"All is well: {images} images are what their {operations} operations made of them.")
