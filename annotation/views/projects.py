"""Projects over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.figures import do_count_touched, do_count_touched_of
from annotation.actions.projects import do_create_project, do_delete_project, do_rename_project
from annotation.listings import ProjectRow, get_project, get_projects
from annotation.models import AuditKind, Membership
from annotation.permissions import Action, access_project, check_scope
from annotation.presence import colour_of
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.schemas import MeOut, PersonOut, ProjectIn, ProjectOut

router = Router()


def _person_out(membership: Membership) -> PersonOut:
    user = membership.user
    return PersonOut.model_validate(
        {"id": user.pk, "name": user.username, "role": membership.role, "colour": colour_of(user.pk)}
    )


def _project_out(row: ProjectRow) -> ProjectOut:
    return ProjectOut.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "images": row.images,
            "done": row.done,
            "submitted": row.submitted,
            "in_progress": row.in_progress,
            "cells": row.cells,
            "members": [_person_out(member) for member in row.members],
            "updated_at": row.updated_at,
            "thumbnails": row.thumbnails,
        }
    )


@router.get("/me", response=MeOut)
def me(request: HttpRequest) -> MeOut:
    """Who is signed in."""
    return MeOut.model_validate(person(request))


@router.get("/projects", response=list[ProjectOut])
@paged
def list_projects(request: HttpRequest) -> list[ProjectOut]:
    """The person's projects, last used first."""
    do_count_touched_of(person(request))
    return [_project_out(row) for row in get_projects(person(request))]


@router.post("/projects", response={201: ProjectOut})
@transaction.atomic
def create_project(request: HttpRequest, body: ProjectIn) -> Status[ProjectOut]:
    """A new project, owned by who asks."""
    check_scope(person(request), Action.MANAGE)
    project = do_create_project(person(request), body.name)
    do_audit(person(request), AuditKind.PROJECT_CREATED, project=project, subject=project.name)
    return Status(201, _project_out(get_project(person(request), project.pk)))


@router.get("/projects/{uuid:project_id}", response=ProjectOut)
def show_project(request: HttpRequest, project_id: UUID) -> ProjectOut:
    """One project with its counts."""
    access_project(person(request), project_id, Action.VIEW)
    do_count_touched(project_id)
    return _project_out(get_project(person(request), project_id))


@router.patch("/projects/{uuid:project_id}", response=ProjectOut)
@transaction.atomic
def rename_project(request: HttpRequest, project_id: UUID, body: ProjectIn) -> ProjectOut:
    """A new name."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    before = project.name
    do_rename_project(project, body.name)
    do_count_touched(project_id)
    do_audit(person(request), AuditKind.PROJECT_RENAMED, project=project, subject=project.name, before=before)
    return _project_out(get_project(person(request), project_id))


@router.delete("/projects/{uuid:project_id}", response={204: None})
@transaction.atomic
def delete_project(request: HttpRequest, project_id: UUID) -> Status[None]:
    """Away with it, for everybody."""
    project, _ = access_project(person(request), project_id, Action.OWN, lock=True)
    do_audit(person(request), AuditKind.PROJECT_DELETED, project=project, subject=project.name)
    do_delete_project(project)
    return Status(204, None)
