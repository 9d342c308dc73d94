"""How the images of a project are shown, over HTTP. It comes with the image (images.py beside this file)."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.looks import do_forget_looks, do_keep_looks
from annotation.models import AuditKind
from annotation.permissions import Action, access_image
from annotation.views.api import person
from annotation.views.looks_schemas import LooksOut

router = Router()


@router.put("/images/{uuid:image_id}/looks", response={204: None})
@transaction.atomic
def keep_looks(request: HttpRequest, image_id: UUID, body: LooksOut) -> Status[None]:
    """From now on this image and those of its kind in the project open like this for me."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    do_keep_looks(image, person(request), body.model_dump())
    return Status(204, None)


@router.delete("/images/{uuid:image_id}/looks", response={204: None})
@transaction.atomic
def forget_looks(request: HttpRequest, image_id: UUID) -> Status[None]:
    """From now on they open for me as for everybody."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    do_forget_looks(image, person(request))
    return Status(204, None)


@router.put("/images/{uuid:image_id}/project-looks", response={204: None})
@transaction.atomic
def keep_project_looks(request: HttpRequest, image_id: UUID, body: LooksOut) -> Status[None]:
    """From now on this image and those of its kind open like this for everybody who has no looks of their own."""
    image, _ = access_image(person(request), image_id, Action.MANAGE)
    do_keep_looks(image, None, body.model_dump())
    do_audit(person(request), AuditKind.SETTINGS, project=image.project, subject="looks", after=image.kind)
    return Status(204, None)


@router.delete("/images/{uuid:image_id}/project-looks", response={204: None})
@transaction.atomic
def forget_project_looks(request: HttpRequest, image_id: UUID) -> Status[None]:
    """From now on they open for everybody as their files say."""
    image, _ = access_image(person(request), image_id, Action.MANAGE)
    do_forget_looks(image, None)
    do_audit(person(request), AuditKind.SETTINGS, project=image.project, subject="looks", before=image.kind)
    return Status(204, None)
