"""“Complete here”: where all cells of an image are annotated. Callers hold the image's row lock."""

from __future__ import annotations

from django.db import transaction

from annotation.actions.masks import Plane
from annotation.actions.projects import check_name
from annotation.errors import AppError, ErrorCode
from annotation.events import send_regions_changed
from annotation.models import Image, Region, User
from annotation.protocol_parts import Box

MAX_REGIONS = 200


def check_box(box: Box, image: Image) -> None:
    """Raise unless the rectangle has a pixel and lies in the image."""
    inside = 0 <= box.top < box.bottom <= image.height and 0 <= box.left < box.right <= image.width
    if not inside:
        raise AppError(
            ErrorCode.BAD_REQUEST,
            f"A region lies within the image's {image.width} × {image.height} pixels.",
            status=422,
        )


@transaction.atomic
def do_create_region(image: Image, user: User, plane: Plane, *, name: str, box: Box) -> Region:
    """A new region; everybody in the image is told."""
    if not image.has_plane(*plane):
        raise AppError(ErrorCode.BAD_REQUEST, "The image has no such slice or frame.", status=422)
    check_box(box, image)
    if Region.objects.filter(image=image).count() >= MAX_REGIONS:
        raise AppError(ErrorCode.CONFLICT, f"An image has at most {MAX_REGIONS} regions. Delete one first.", status=409)
    t, z = plane
    where = {"t": t, "z": z, **box.model_dump()}
    region = Region.objects.create(image=image, name=check_name(name, "region"), created_by=user, **where)
    send_regions_changed(image.pk)
    return region


@transaction.atomic
def do_change_region(region: Region, image: Image, *, name: str | None, box: Box | None) -> None:
    """Another name, another rectangle or both; what is None stays."""
    if name is not None:
        region.name = check_name(name, "region")
    if box is not None:
        check_box(box, image)
        region.top, region.left, region.bottom, region.right = box.top, box.left, box.bottom, box.right
    region.save()
    send_regions_changed(image.pk)


@transaction.atomic
def do_delete_region(region: Region) -> None:
    """Away with it; the cells stay."""
    region.delete()
    send_regions_changed(region.image_id)
