"""Exports: make one, see them, take one home."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.exports import do_create_export
from annotation.datasets.readers.registry import READERS
from annotation.datasets.registry import EXPORTERS
from annotation.errors import AppError, ErrorCode, not_found
from annotation.models import AuditKind, JobKind, JobState
from annotation.permissions import Action, access_job, access_project, access_snapshot
from annotation.queries import get_exports
from annotation.views.api import person
from annotation.views.dataset_schemas import ExportIn, FormatOut
from annotation.views.jobs import job_out
from annotation.views.paging import paged
from annotation.views.schemas import JobOut
from annotation.views.streaming import binary, stream_resumable

router = Router()


@router.get("/formats", response=list[FormatOut])
@paged
def list_formats(request: HttpRequest) -> list[FormatOut]:  # noqa: ARG001
    """What cells can be exported as, in the order in which people see them."""
    return [
        FormatOut(name=one.name, title=one.title, summary=one.summary, read=one.name in READERS)
        for one in EXPORTERS.values()
    ]


@router.post("/projects/{uuid:project_id}/exports", response={201: JobOut})
@transaction.atomic
def create_export(request: HttpRequest, project_id: UUID, body: ExportIn) -> Status[JobOut]:
    """Have the project's cells, or those of a snapshot, written into a zip file."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    snapshot = body.snapshot and access_snapshot(person(request), body.snapshot, Action.EXPORT)
    job = do_create_export(person(request), project, export_format=body.format, snapshot=snapshot or None)
    do_audit(person(request), AuditKind.EXPORT, project=project, subject=body.format, job=str(job.pk))
    return Status(201, job_out(job))


@router.get("/projects/{uuid:project_id}/exports", response=list[JobOut])
@paged
def list_exports(request: HttpRequest, project_id: UUID) -> list[JobOut]:
    """The project's exports of the last week, newest first."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    return [job_out(job) for job in get_exports(project.pk)]


@router.get("/exports/{uuid:job_id}/download", openapi_extra=binary("application/zip"))
def download_export(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The zip file, or what the browser still lacks of it."""
    job = access_job(person(request), job_id, Action.EXPORT)
    if job.kind != JobKind.EXPORT:
        raise not_found("export")
    if job.state != JobState.DONE:
        raise AppError(ErrorCode.CONFLICT, "This export is not done.", status=409)
    if not job.archive_path.is_file():
        raise AppError(ErrorCode.GONE, "This export's file is no longer on the server. Export again.", status=410)
    response = stream_resumable(request, job.archive_path, "application/zip", tag=f"{job.pk}.{job.attempt}")
    name = content_disposition_header(as_attachment=True, filename=str(job.result["name"]))
    response["Content-Disposition"] = name or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
