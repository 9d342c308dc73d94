"""Exports: make one, see them, take one home."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Router, Status

from annotation.actions.exports import do_create_export
from annotation.errors import AppError, ErrorCode, not_found
from annotation.models import JobKind, JobState
from annotation.permissions import Action, access_job, access_project
from annotation.queries import get_exports
from annotation.views.api import person
from annotation.views.jobs import job_out
from annotation.views.schemas import ExportIn, JobOut
from annotation.views.streaming import binary, stream_file

router = Router()


@router.post("/projects/{uuid:project_id}/exports", response={201: JobOut})
def create_export(request: HttpRequest, project_id: UUID, body: ExportIn) -> Status[JobOut]:
    """Have the project's cells written into a zip file."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    return Status(201, job_out(do_create_export(person(request), project, export_format=body.format)))


@router.get("/projects/{uuid:project_id}/exports", response=list[JobOut])
def list_exports(request: HttpRequest, project_id: UUID) -> list[JobOut]:
    """The project's exports of the last week, newest first."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    return [job_out(job) for job in get_exports(project.pk)]


@router.get("/exports/{uuid:job_id}/download", openapi_extra=binary("application/zip"))
def download_export(request: HttpRequest, job_id: UUID) -> StreamingHttpResponse:
    """The zip file."""
    job = access_job(person(request), job_id, Action.EXPORT)
    if job.kind != JobKind.EXPORT:
        raise not_found("export")
    if job.state != JobState.DONE:
        raise AppError(ErrorCode.CONFLICT, "This export is not done.", status=409)
    if not job.archive_path.is_file():
        raise AppError(ErrorCode.GONE, "This export's file is no longer on the server. Export again.", status=410)
    response = stream_file(job.archive_path, "application/zip")
    name = content_disposition_header(as_attachment=True, filename=str(job.result["name"]))
    response["Content-Disposition"] = name or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
