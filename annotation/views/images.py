"""Images over HTTP, all but their pixels."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.images import do_change_image, do_delete_image
from annotation.imaging.layout import TILE, levels_of
from annotation.imaging.shown_plane import middle_plane
from annotation.models import Image, ImageStatus, Role, User
from annotation.permissions import Action, access_image, access_project
from annotation.queries import ImageRow, get_classes, get_images, get_neighbours
from annotation.views.api import person
from annotation.views.schemas import ClassOut, ImageDetailOut, ImageIn, ImageOut

router = Router()


def _image_out(image: Image, user: User, role: Role) -> ImageDetailOut:
    project, _ = access_project(user, image.project_id, Action.VIEW)
    row = get_images(image.project_id, only=image.pk)[0]
    return ImageDetailOut.model_validate(
        {
            **asdict(row),
            **asdict(get_neighbours(image)),
            "size_t": image.size_t,
            "size_z": image.size_z,
            "rgb": image.rgb,
            "channel_info": image.channel_info,
            "pixel_um": {"x": image.pixel_um_x, "y": image.pixel_um_y, "z": image.pixel_um_z},
            "time_step": image.time_step,
            "levels": [asdict(level) for level in levels_of(image.height, image.width)],
            "tile": TILE,
            "opens_at": dict(zip("tz", middle_plane(image), strict=True)),
            "project": {"id": project.pk, "name": project.name, "role": role},
            "classes": [ClassOut.model_validate(item) for item in get_classes(project.pk)],
        }
    )


@router.get("/projects/{uuid:project_id}/images", response=list[ImageOut])
def list_images(request: HttpRequest, project_id: UUID) -> list[ImageRow]:
    """The project's images, oldest first."""
    access_project(person(request), project_id, Action.VIEW)
    return get_images(project_id)


@router.get("/images/{uuid:image_id}", response=ImageDetailOut)
def show_image(request: HttpRequest, image_id: UUID) -> ImageDetailOut:
    """All that the annotator needs to know of an image but its pixels and cells."""
    image, role = access_image(person(request), image_id, Action.VIEW)
    return _image_out(image, person(request), role)


@router.patch("/images/{uuid:image_id}", response=ImageDetailOut)
@transaction.atomic
def change_image(request: HttpRequest, image_id: UUID, body: ImageIn) -> ImageDetailOut:
    """Another state, by those who annotate; another name, by managers (S5)."""
    action = Action.ANNOTATE if body.name is None else Action.MANAGE
    image, role = access_image(person(request), image_id, action, lock=True)
    do_change_image(image, name=body.name, status=None if body.status is None else ImageStatus(body.status))
    return _image_out(image, person(request), role)


@router.delete("/images/{uuid:image_id}", response={204: None})
@transaction.atomic
def delete_image(request: HttpRequest, image_id: UUID) -> Status[None]:
    """Away with it, for everybody."""
    image, _ = access_image(person(request), image_id, Action.MANAGE, lock=True)
    do_delete_image(image)
    return Status(204, None)
