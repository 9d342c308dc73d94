"""Images over HTTP, all but their pixels."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.axes import do_create_rereading
from annotation.actions.figures import do_count_touched
from annotation.actions.images import do_delete_image, do_rename_image
from annotation.imaging.layout import TILE, levels_of
from annotation.imaging.shown_plane import middle_plane
from annotation.listings import get_classes, get_image_row, get_images, get_looks, get_neighbours, image_row
from annotation.models import AuditKind, Image, Role, User
from annotation.permissions import Action, access_image, access_project
from annotation.views.api import person
from annotation.views.jobs import job_out
from annotation.views.paging import Rows, paged
from annotation.views.schemas import ClassOut, ImageDetailOut, ImageIn, ImageOut, JobOut
from annotation.views.upload_schemas import PlanesIn

router = Router()


def _image_out(image: Image, user: User, role: Role) -> ImageDetailOut:
    project, _ = access_project(user, image.project_id, Action.VIEW)
    row = get_image_row(image.pk)
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
            "planes_in_file": image.reading.get("planes_in_file", 0),
            "opens_at": dict(zip("tz", middle_plane(image), strict=True)),
            "looks": get_looks(image, user),
            "project": {"id": project.pk, "name": project.name, "role": role},
            "classes": [ClassOut.model_validate(item) for item in get_classes(project.pk)],
        }
    )


@router.get("/projects/{uuid:project_id}/images", response=list[ImageOut])
@paged
def list_images(request: HttpRequest, project_id: UUID) -> Rows:
    """The project's images, oldest first."""
    access_project(person(request), project_id, Action.VIEW)
    do_count_touched(project_id)
    return Rows(get_images(project_id), image_row, by_age=True)


@router.get("/images/{uuid:image_id}", response=ImageDetailOut)
def show_image(request: HttpRequest, image_id: UUID) -> ImageDetailOut:
    """All that the annotator needs to know of an image but its pixels and cells."""
    image, role = access_image(person(request), image_id, Action.VIEW)
    return _image_out(image, person(request), role)


@router.patch("/images/{uuid:image_id}", response=ImageDetailOut)
@transaction.atomic
def rename_image(request: HttpRequest, image_id: UUID, body: ImageIn) -> ImageDetailOut:
    """Another name (S5). Its state is changed by steps: see workflow.py beside this file."""
    image, role = access_image(person(request), image_id, Action.MANAGE, lock=True)
    before = image.name
    do_rename_image(image, body.name)
    do_audit(person(request), AuditKind.IMAGE_RENAMED, project=image.project, subject=image.name, before=before)
    return _image_out(image, person(request), role)


@router.post("/images/{uuid:image_id}/planes", response={201: JobOut})
@transaction.atomic
def correct_planes(request: HttpRequest, image_id: UUID, body: PlanesIn) -> Status[JobOut]:
    """Have its original read once more, its planes being what is said here. Only as long as nothing is annotated."""
    image, _ = access_image(person(request), image_id, Action.UPLOAD, lock=True)
    job = do_create_rereading(person(request), image, planes=body.planes)
    do_audit(person(request), AuditKind.IMAGE_REREAD, project=image.project, subject=image.name, planes=body.planes)
    return Status(201, job_out(job))


@router.delete("/images/{uuid:image_id}", response={204: None})
@transaction.atomic
def delete_image(request: HttpRequest, image_id: UUID) -> Status[None]:
    """Away with it, for everybody."""
    image, _ = access_image(person(request), image_id, Action.MANAGE, lock=True)
    do_delete_image(image)
    do_audit(person(request), AuditKind.IMAGE_DELETED, project=image.project, subject=image.name, id=str(image.pk))
    return Status(204, None)
