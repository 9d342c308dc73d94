"""Independent annotations and how far they agree, over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router

from annotation.actions.twins import do_make_twins
from annotation.permissions import Action, access_project
from annotation.reports.agreement import PairRow, get_agreement, get_agreement_csv
from annotation.views.api import person
from annotation.views.audit import csv_answer
from annotation.views.paging import paged
from annotation.views.review_schemas import AssignmentOut, PairOut, TwinsIn
from annotation.views.streaming import binary

router = Router()


@router.post("/projects/{uuid:project_id}/twins", response=AssignmentOut)
@transaction.atomic
def make_twins(request: HttpRequest, project_id: UUID, body: TwinsIn) -> AssignmentOut:
    """Have several people annotate the same images blind."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    made = do_make_twins(project, person(request), body.images, people=body.people, due_on=body.due_on)
    return AssignmentOut(assigned=made)


@router.get("/projects/{uuid:project_id}/agreement", response=list[PairOut])
@paged
def show_agreement(request: HttpRequest, project_id: UUID) -> list[PairRow]:
    """Every pair of people who annotated the same image independently."""
    access_project(person(request), project_id, Action.REVIEW)
    return get_agreement(project_id)


@router.get("/projects/{uuid:project_id}/agreement.csv", openapi_extra=binary("text/csv"))
def download_agreement(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The same as a table."""
    project, _ = access_project(person(request), project_id, Action.REVIEW)
    return csv_answer(get_agreement_csv(project_id), f"{project.name} agreement.csv")
