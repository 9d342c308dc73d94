"""How images of a project are shown: kept for a person, or by managers for everybody. The last word counts."""

from __future__ import annotations

from typing import Any

from annotation.errors import AppError, ErrorCode
from annotation.models import Image, Looks, User


def do_keep_looks(image: Image, user: User | None, looks: dict[str, Any]) -> None:
    """For this image and those of its kind in the project; without a user for everybody."""
    if len(looks["channels"]) != image.channels:
        message = f"The image has {image.channels} channels, not {len(looks['channels'])}."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422)
    Looks.objects.update_or_create(project_id=image.project_id, user=user, kind=image.kind, defaults={"looks": looks})


def do_forget_looks(image: Image, user: User | None) -> None:
    """Shown as the project or, without a user, as the file says."""
    Looks.objects.filter(project_id=image.project_id, user=user, kind=image.kind).delete()
