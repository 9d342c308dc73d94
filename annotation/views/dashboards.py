"""Dashboards: over HTTP as JSON, CSV and PNG, and as a page with SVG charts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ninja import Query, Router, Schema
from pydantic import Field

from annotation.actions.figures import do_count_touched
from annotation.errors import AppError, ErrorCode, not_found
from annotation.listings import get_members
from annotation.models import Project, Split, User
from annotation.permissions import ALLOWED, Action, access_project, role_of
from annotation.queries import count_unread
from annotation.reports.asked import Asked, class_names
from annotation.reports.charts import Chart, Dashboard, to_csv, to_png, to_svg
from annotation.reports.dashboards import DASHBOARDS
from annotation.tables import csv_text
from annotation.views.api import person
from annotation.views.audit import csv_answer
from annotation.views.pages import refusal_page
from annotation.views.review_schemas import DashboardOut, Day
from annotation.views.streaming import binary

router = Router()
NEEDED = {"people": Action.REVIEW, "agreement": Action.REVIEW}
"""What one must be allowed to see them; to look, for the others."""


class DashboardQuery(Schema):
    """Which days (UTC, both included), whose, of which class (0: cells without one) and split; what is left out asks
    nothing."""

    since: Day | None = None
    until: Day | None = None
    person: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    class_id: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    split: Literal["train", "validation", "test", "none"] | None = None

    def asked(self) -> Asked:
        """The same, for the read side."""
        return Asked(**self.model_dump())


def _open(user: User, project_id: UUID, name: str, asked: Asked) -> tuple[Project, Dashboard]:
    """Everybody in the project sees how far it is; who did what is for those who review."""
    project, _ = access_project(user, project_id, NEEDED.get(name, Action.VIEW))
    if name not in DASHBOARDS:
        raise not_found("dashboard")
    do_count_touched(project_id)
    return project, DASHBOARDS[name](project_id, asked)


def _chart(dashboard: Dashboard, name: str) -> Chart:
    found = next((one for one in dashboard.charts if one.name == name), None)
    if found is None:
        raise not_found("chart")
    return found


@router.get("/projects/{uuid:project_id}/dashboards/{slug:name}", response=DashboardOut)
def show_dashboard(request: HttpRequest, project_id: UUID, name: str, asked: Query[DashboardQuery]) -> dict[str, Any]:
    """Charts and table as numbers."""
    return asdict(_open(person(request), project_id, name, asked.asked())[1])


@router.get("/projects/{uuid:project_id}/dashboards/{slug:name}.csv", openapi_extra=binary("text/csv"))
def download_table(request: HttpRequest, project_id: UUID, name: str, asked: Query[DashboardQuery]) -> HttpResponse:
    """The table behind the charts."""
    project, dashboard = _open(person(request), project_id, name, asked.asked())
    return csv_answer(csv_text(dashboard.header, dashboard.rows), f"{project.name} {name}.csv")


@router.get("/projects/{uuid:project_id}/dashboards/{slug:name}/{slug:chart}.png", openapi_extra=binary("image/png"))
def download_chart(
    request: HttpRequest, project_id: UUID, name: str, chart: str, asked: Query[DashboardQuery]
) -> HttpResponse:
    """One chart as a picture."""
    _, dashboard = _open(person(request), project_id, name, asked.asked())
    response = HttpResponse(to_png(_chart(dashboard, chart)), content_type="image/png")
    response["Content-Disposition"] = f'attachment; filename="{name}-{chart}.png"'
    return response


@router.get("/projects/{uuid:project_id}/dashboards/{slug:name}/{slug:chart}.csv", openapi_extra=binary("text/csv"))
def download_numbers(
    request: HttpRequest, project_id: UUID, name: str, chart: str, asked: Query[DashboardQuery]
) -> HttpResponse:
    """The numbers of one chart."""
    project, dashboard = _open(person(request), project_id, name, asked.asked())
    return csv_answer(to_csv(_chart(dashboard, chart)), f"{project.name} {name} {chart}.csv")


@require_safe
@never_cache
@login_required
def dashboard_page(request: HttpRequest, project_id: UUID, name: str) -> HttpResponse:
    """Charts, the table behind them, and what is asked for."""
    try:
        context = dashboard_context(request, project_id, name)
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    return render(request, "annotation/dashboard.html", context)


def dashboard_context(request: HttpRequest, project_id: UUID, name: str) -> dict[str, Any]:
    """What annotation/dashboard.html shows. Raises AppError for whoever may not see it."""
    assert isinstance(request.user, User)  # noqa: S101 - the page is behind login_required
    query = query_of(request)
    project, dashboard = _open(request.user, project_id, name, query.asked())
    role = role_of(request.user, project_id)
    shown = {key: str(value) for key, value in query.model_dump().items() if value is not None}
    return {
        "project": project,
        "dashboard": dashboard,
        # The text of the charts is escaped where they are drawn.
        "charts": [(one, mark_safe(to_svg(one))) for one in dashboard.charts],  # noqa: S308
        "names": [(key, key.capitalize()) for key in DASHBOARDS if role in ALLOWED[NEEDED.get(key, Action.VIEW)]],
        "asked": shown,
        "members": get_members(project_id),
        "classes": class_names(project_id).items(),
        "splits": [*Split.choices, ("none", "No split")],
        "unread": count_unread(request.user.pk),
        "api": format_html("/api/projects/{}/dashboards/{}", project_id, name),
        "query": request.GET.urlencode(),
    }


def query_of(request: HttpRequest) -> DashboardQuery:
    """The form sends empty fields for what it does not ask."""
    try:
        return DashboardQuery.model_validate({key: value for key, value in request.GET.items() if value})
    except ValueError as error:
        message = "Ask for days as 2030-01-31, and for a person, a class and a split of this project."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422) from error
