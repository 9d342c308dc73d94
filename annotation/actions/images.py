"""Names of images, and taking one away. Callers hold the image's row lock."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.actions.projects import check_name
from annotation.events import send_figures_changed, send_members_changed
from annotation.models import Image


@transaction.atomic
def do_rename_image(image: Image, name: str) -> None:
    """Another name."""
    image.name = check_name(name, "image")
    image.save(update_fields=["name"])


@transaction.atomic
def do_delete_image(image: Image) -> None:
    """Hide it and close the pages that show it. The row stays; the files go after settings.KEEP_DELETED_DAYS, unless
    another image or a snapshot needs them."""
    image.deleted_at = timezone.now()
    image.save(update_fields=["deleted_at"])
    send_members_changed([image.pk])
    send_figures_changed(image.project_id)
