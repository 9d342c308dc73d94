"""The way of images over HTTP: steps, assignments, the next image."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router

from annotation.actions.assignments import How, do_assign, do_take_next, do_take_review
from annotation.actions.audit import do_audit
from annotation.actions.projects import do_change_workflow
from annotation.actions.verdicts import do_judge
from annotation.actions.workflow import do_step
from annotation.listings import ImageRow, get_image_row, get_steps, get_verdicts
from annotation.models import AuditKind, ImageStatus, Judgement, NextOrder, Project, StateChange, Verdict
from annotation.permissions import Action, access_image, access_project
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.review_schemas import (
    AssignmentIn,
    AssignmentOut,
    NextIn,
    NextOut,
    StepIn,
    StepOut,
    VerdictOut,
    VerdictsIn,
    WorkflowIn,
    WorkflowOut,
)
from annotation.views.schemas import ImageOut

router = Router()


@router.post("/images/{uuid:image_id}/steps", response=ImageOut)
@transaction.atomic
def take_step(request: HttpRequest, image_id: UUID, body: StepIn) -> ImageRow:
    """Hand the image in, accept it, send it back: each by those who may."""
    image, role = access_image(person(request), image_id, Action.ANNOTATE, lock=True)
    do_step(image, person(request), role, ImageStatus(body.to), reason=body.reason, cell=body.cell)
    return get_image_row(image.pk)


@router.get("/images/{uuid:image_id}/steps", response=list[StepOut])
@paged
def list_steps(request: HttpRequest, image_id: UUID) -> list[StateChange]:
    """The image's way so far."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return get_steps(image.pk)


@router.get("/images/{uuid:image_id}/verdicts", response=list[VerdictOut])
@paged
def list_verdicts(request: HttpRequest, image_id: UUID) -> list[Verdict]:
    """What reviewers said of the image's cells."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return get_verdicts(image.pk)


@router.post("/images/{uuid:image_id}/verdicts", response=list[VerdictOut])
@transaction.atomic
def judge(request: HttpRequest, image_id: UUID, body: VerdictsIn) -> list[Verdict]:
    """Accept or reject cells, as they were when one looked."""
    image, _ = access_image(person(request), image_id, Action.REVIEW, lock=True)
    versions = {cell.id: cell.version for cell in body.cells}
    do_judge(image, person(request), versions, Judgement(body.judgement), reason=body.reason)
    return get_verdicts(image.pk)


@router.get("/projects/{uuid:project_id}/workflow", response=WorkflowOut)
def show_workflow(request: HttpRequest, project_id: UUID) -> Project:
    """How images are handed out here."""
    return access_project(person(request), project_id, Action.VIEW)[0]


@router.put("/projects/{uuid:project_id}/workflow", response=WorkflowOut)
@transaction.atomic
def change_workflow(request: HttpRequest, project_id: UUID, body: WorkflowIn) -> Project:
    """Hand images out otherwise from now on."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    before = {"next_order": project.next_order, "work_limit": project.work_limit}
    do_change_workflow(project, next_order=NextOrder(body.next_order), work_limit=body.work_limit)
    do_audit(
        person(request), AuditKind.SETTINGS, project=project, subject="work", before=before, after=body.model_dump()
    )
    return project


@router.post("/projects/{uuid:project_id}/assignments", response=AssignmentOut)
@transaction.atomic
def assign(request: HttpRequest, project_id: UUID, body: AssignmentIn) -> AssignmentOut:
    """Deal images out."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    number = do_assign(project, person(request), body.images, people=body.people, how=How(body.how), due_on=body.due_on)
    return AssignmentOut(assigned=number)


@router.post("/projects/{uuid:project_id}/next", response=NextOut)
@transaction.atomic
def take_next(request: HttpRequest, project_id: UUID, body: NextIn) -> NextOut:
    """The next image to annotate or to review: it is the asking person's from now on."""
    reviews = body.task == "review"
    action = Action.REVIEW if reviews else Action.ANNOTATE
    project, role = access_project(person(request), project_id, action, lock=True)
    if reviews:
        image = do_take_review(project, person(request), role, now_in=body.now_in)
    else:
        image = do_take_next(project, person(request), now_in=body.now_in)
    return NextOut(image=image.pk if image else None)
