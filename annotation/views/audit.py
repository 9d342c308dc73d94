"""The audit log over HTTP."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router, Schema

from annotation.models import AuditEntry
from annotation.permissions import Action, access_project
from annotation.reports.audit import PAGE, AuditFilter, get_audit, get_audit_csv
from annotation.views.api import person
from annotation.views.paging import go_on
from annotation.views.review_schemas import AuditKindName, AuditOut, Day
from annotation.views.streaming import binary

router = Router()


class AuditQuery(Schema):
    """What is asked for: entries older than ``before``, of a kind, of a person, of days (UTC, both included)."""

    kind: AuditKindName | None = None
    person: int | None = None
    since: Day | None = None
    until: Day | None = None
    before: int | None = None

    def filter(self) -> AuditFilter:
        """The same, for the read side."""
        return AuditFilter(**self.model_dump())


def csv_answer(text: str, name: str) -> HttpResponse:
    """A CSV file to be saved."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@router.get("/projects/{uuid:project_id}/audit", response=list[AuditOut])
def list_audit(request: HttpRequest, project_id: UUID, asked: Query[AuditQuery]) -> list[AuditEntry]:
    """Who did what in the project, newest first, a hundred at a time."""
    access_project(person(request), project_id, Action.MANAGE)
    entries = get_audit(project_id, asked.filter())
    if len(entries) == PAGE:
        go_on(request, before=entries[-1].pk)
    return entries


@router.get("/projects/{uuid:project_id}/audit.csv", openapi_extra=binary("text/csv"))
def download_audit(request: HttpRequest, project_id: UUID, asked: Query[AuditQuery]) -> HttpResponse:
    """All of it as a table."""
    project, _ = access_project(person(request), project_id, Action.MANAGE)
    return csv_answer(get_audit_csv(project_id, asked.filter()), f"{project.name} audit.csv")
