"""Independent annotations and how far they agree: over HTTP, and as a page."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ninja import Query, Router
from pydantic import Field

from annotation.actions.twins import do_make_twins
from annotation.errors import AppError
from annotation.models import ComparisonKind
from annotation.permissions import Action, access_project
from annotation.reports.agreement import (
    By,
    Group,
    get_agreement_csv,
    get_confusion,
    get_groups,
    get_pairs,
    pair_row,
)
from annotation.views.agreement_schemas import AgreementOut, ConfusionOut, PairOut
from annotation.views.api import person
from annotation.views.audit import csv_answer
from annotation.views.dashboards import DashboardQuery, dashboard_context, query_of
from annotation.views.pages import refusal_page
from annotation.views.paging import Rows, paged
from annotation.views.review_schemas import AssignmentOut, TwinsIn
from annotation.views.streaming import binary

router = Router()
PAGE = 50
"""Pairs on the page at once."""


@router.post("/projects/{uuid:project_id}/twins", response=AssignmentOut)
@transaction.atomic
def make_twins(request: HttpRequest, project_id: UUID, body: TwinsIn) -> AssignmentOut:
    """Have several people annotate the same images blind."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    told: dict[str, Any] = {"people": body.people, "due_on": body.due_on, "again": body.again}
    return AssignmentOut(assigned=do_make_twins(project, person(request), body.images, **told))


@router.get("/projects/{uuid:project_id}/agreement", response=list[PairOut])
@paged
def show_agreement(request: HttpRequest, project_id: UUID, asked: Query[DashboardQuery]) -> Rows:
    """Every pair of finished annotations of the same image, by different people or by one person twice."""
    access_project(person(request), project_id, Action.REVIEW)
    return Rows(get_pairs(project_id, asked.asked()), pair_row)


@router.get("/projects/{uuid:project_id}/agreement/figures", response=list[AgreementOut])
@paged
def show_groups(
    request: HttpRequest, project_id: UUID, asked: Query[DashboardQuery], by: Annotated[By, Field()] = By.ALL
) -> list[Group]:
    """The figures of all pairs of different people together, or of those of each person, class, image or week."""
    access_project(person(request), project_id, Action.REVIEW)
    return get_groups(project_id, [ComparisonKind.PEOPLE], asked.asked(), by)


@router.get("/projects/{uuid:project_id}/agreement/confusion", response=list[ConfusionOut])
@paged
def show_confusion(request: HttpRequest, project_id: UUID, asked: Query[DashboardQuery]) -> list[ConfusionOut]:
    """How often cells that two people found were given which two classes."""
    access_project(person(request), project_id, Action.REVIEW)
    counted = get_confusion(project_id, asked.asked()).most_common()
    return [ConfusionOut(one=one, other=other, cells=number) for (one, other), number in counted]


@router.get("/projects/{uuid:project_id}/agreement.csv", openapi_extra=binary("text/csv"))
def download_agreement(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Every pair as a table."""
    project, _ = access_project(person(request), project_id, Action.REVIEW)
    return csv_answer(get_agreement_csv(project_id), f"{project.name} agreement.csv")


@require_safe
@never_cache
@login_required
def agreement_page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Figures as the other dashboards show theirs, and every pair."""
    try:
        context = dashboard_context(request, project_id, "agreement")
        pairs = get_pairs(project_id, query_of(request).asked())
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    page = Paginator(pairs, PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context |= {"pairs": page, "rows": [pair_row(one) for one in page], "kept": f"{kept.urlencode()}&" if kept else ""}
    return render(request, "annotation/agreement.html", context)
