"""Classes of a project over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.label_classes import do_change_class, do_create_class, do_delete_class
from annotation.listings import get_class, get_classes
from annotation.models import AuditKind, LabelClass
from annotation.permissions import Action, access_project
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.schemas import ClassChangeIn, ClassIn, ClassOut

router = Router()


@router.get("/projects/{uuid:project_id}/classes", response=list[ClassOut])
@paged
def list_classes(request: HttpRequest, project_id: UUID) -> list[LabelClass]:
    """The classes in their order."""
    access_project(person(request), project_id, Action.VIEW)
    return get_classes(project_id)


@router.post("/projects/{uuid:project_id}/classes", response={201: ClassOut})
@transaction.atomic
def create_class(request: HttpRequest, project_id: UUID, body: ClassIn) -> Status[LabelClass]:
    """A new class, last in the order."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    label_class = do_create_class(project, body.name, colour=body.colour, key=body.key)
    do_audit(person(request), AuditKind.CLASS_CREATED, project=project, subject=label_class.name)
    return Status(201, label_class)


@router.patch("/projects/{uuid:project_id}/classes/{int:class_id}", response=ClassOut)
@transaction.atomic
def change_class(request: HttpRequest, project_id: UUID, class_id: int, body: ClassChangeIn) -> LabelClass:
    """Another name, colour or key."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    label_class = get_class(project_id, class_id)
    before = {"name": label_class.name, "colour": label_class.colour, "key": label_class.key}
    do_change_class(label_class, name=body.name, colour=body.colour, key=body.key)
    do_audit(person(request), AuditKind.CLASS_CHANGED, project=project, subject=label_class.name, before=before)
    return label_class


@router.delete("/projects/{uuid:project_id}/classes/{int:class_id}", response={204: None})
@transaction.atomic
def delete_class(request: HttpRequest, project_id: UUID, class_id: int) -> Status[None]:
    """No new cell gets it any more."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    label_class = get_class(project_id, class_id)
    do_delete_class(label_class)
    do_audit(person(request), AuditKind.CLASS_DELETED, project=project, subject=label_class.name)
    return Status(204, None)
