"""Annotations from other programs: have a file read, see what it would add, add it."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.annotation_imports import do_create_adding, do_create_reading
from annotation.permissions import Action, access_job, access_project, access_upload
from annotation.queries import get_annotation_imports
from annotation.views.api import person
from annotation.views.dataset_schemas import AddingIn, ReadingIn
from annotation.views.jobs import job_out
from annotation.views.paging import paged
from annotation.views.schemas import JobOut

router = Router()


@router.post("/projects/{uuid:project_id}/imports", response={201: JobOut})
def create_reading(request: HttpRequest, project_id: UUID, body: ReadingIn) -> Status[JobOut]:
    """Have one's own uploaded file read. The job's result says what it would add; nothing is added yet."""
    upload = access_upload(person(request), body.upload)
    project, _ = access_project(person(request), project_id, Action.UPLOAD)
    return Status(201, job_out(do_create_reading(person(request), project, upload=upload, format_name=body.format)))


@router.get("/projects/{uuid:project_id}/imports", response=list[JobOut])
@paged
def list_imports(request: HttpRequest, project_id: UUID) -> list[JobOut]:
    """What was read and added of late, newest first."""
    project, _ = access_project(person(request), project_id, Action.UPLOAD)
    return [job_out(job) for job in get_annotation_imports(project.pk)]


@router.post("/imports/{uuid:job_id}/add", response={201: JobOut})
@transaction.atomic
def create_adding(request: HttpRequest, job_id: UUID, body: AddingIn = AddingIn()) -> Status[JobOut]:  # noqa: B008
    """Add what was read. Whoever manages the project can have the classes made that it lacks."""
    reading = access_job(person(request), job_id, Action.UPLOAD)
    if body.make_classes:
        access_project(person(request), reading.project_id, Action.MANAGE, lock=True)
    return Status(201, job_out(do_create_adding(person(request), reading, make_classes=body.make_classes)))
