"""`manage.py convert_images`: what images of earlier versions need; `manage.py up` runs it by itself."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from annotation.actions.conversion import do_convert_images


class Command(BaseCommand):
    """Bring the pixels of images of earlier versions into today's form. Safe to repeat and to interrupt."""

    help = __doc__ or ""

    def handle(self, **_: object) -> None:
        """See the class."""
        converted = do_convert_images()
        if converted:
            self.stdout.write(f"{converted:,} images of an earlier version were converted.")
