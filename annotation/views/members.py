"""Members of a project over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.members import (
    check_may_link,
    check_may_touch,
    do_add_member,
    do_change_role,
    do_remove_member,
    do_set_classes,
    may_link,
)
from annotation.actions.people import sign_in_path
from annotation.listings import get_member, get_members
from annotation.models import AuditKind, Membership, Role
from annotation.permissions import ALLOWED, Action, access_project
from annotation.presence import colour_of
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.schemas import MemberAddedOut, MemberAddIn, MemberClassesIn, MemberIn, MemberLinkOut, MemberOut

router = Router()


def _member_out(membership: Membership, *, reader: Role) -> MemberOut:
    user = membership.user
    manages = reader in ALLOWED[Action.MANAGE]
    return MemberOut.model_validate(
        {
            "id": user.pk,
            "name": user.username,
            "email": user.email if manages else "",
            "role": membership.role,
            "colour": colour_of(user.pk),
            "invited": not user.has_usable_password(),
            "classes": [one.pk for one in membership.knows.all() if one.deleted_at is None],
        }
    )


def _audit(request: HttpRequest, kind: AuditKind, membership: Membership, **details: Any) -> None:
    whom = membership.user
    do_audit(person(request), kind, project=membership.project, subject=whom.username, user=whom.pk, **details)


@router.get("/projects/{uuid:project_id}/members", response=list[MemberOut])
@paged
def list_members(request: HttpRequest, project_id: UUID) -> list[MemberOut]:
    """Everybody in the project, by name."""
    _, role = access_project(person(request), project_id, Action.VIEW)
    return [_member_out(membership, reader=role) for membership in get_members(project_id)]


@router.post("/projects/{uuid:project_id}/members", response={201: MemberAddedOut})
@transaction.atomic
def add_member(
    request: HttpRequest, response: HttpResponse, project_id: UUID, body: MemberAddIn
) -> Status[MemberAddedOut]:
    """Add an account by its name, or anybody by e-mail address; a new account comes with its one-time link."""
    response["Cache-Control"] = "no-store"
    project, role = access_project(person(request), project_id, Action.MANAGE, lock=True)
    membership = do_add_member(project, role, username=body.username, email=body.email, role=Role(body.role))
    link = sign_in_path(membership.user) if may_link(membership) else None
    _audit(request, AuditKind.MEMBER_ADDED, membership, role=membership.role, link=link is not None)
    return Status(201, MemberAddedOut(member=_member_out(membership, reader=role), link=link))


@router.post("/projects/{uuid:project_id}/members/{int:user_id}/link", response=MemberLinkOut)
@transaction.atomic
def make_link(request: HttpRequest, response: HttpResponse, project_id: UUID, user_id: int) -> MemberLinkOut:
    """A new one-time link for somebody who has not signed in yet."""
    response["Cache-Control"] = "no-store"
    _, role = access_project(person(request), project_id, Action.MANAGE, lock=True)
    membership = get_member(project_id, user_id)
    check_may_touch(role, membership)
    check_may_link(membership)
    _audit(request, AuditKind.MEMBER_LINK, membership)
    return MemberLinkOut(link=sign_in_path(membership.user))


@router.patch("/projects/{uuid:project_id}/members/{int:user_id}", response=MemberOut)
@transaction.atomic
def change_member(request: HttpRequest, project_id: UUID, user_id: int, body: MemberIn) -> MemberOut:
    """Another role."""
    _, role = access_project(person(request), project_id, Action.MANAGE, lock=True)
    membership = get_member(project_id, user_id)
    before = membership.role
    do_change_role(membership, role, Role(body.role))
    _audit(request, AuditKind.MEMBER_ROLE, membership, before=before, after=membership.role)
    return _member_out(membership, reader=role)


@router.put("/projects/{uuid:project_id}/members/{int:user_id}/classes", response=MemberOut)
@transaction.atomic
def set_classes(request: HttpRequest, project_id: UUID, user_id: int, body: MemberClassesIn) -> MemberOut:
    """What somebody knows best."""
    _, role = access_project(person(request), project_id, Action.MANAGE, lock=True)
    membership = get_member(project_id, user_id)
    before = [one.name for one in membership.knows.all()]
    do_set_classes(membership, body.classes)
    after = [one.name for one in membership.knows.all()]
    _audit(request, AuditKind.SETTINGS, membership, before=before, after=after)
    return _member_out(membership, reader=role)


@router.delete("/projects/{uuid:project_id}/members/{int:user_id}", response={204: None})
@transaction.atomic
def remove_member(request: HttpRequest, project_id: UUID, user_id: int) -> Status[None]:
    """Out of the project."""
    _, role = access_project(person(request), project_id, Action.MANAGE, lock=True)
    membership = get_member(project_id, user_id)
    _audit(request, AuditKind.MEMBER_REMOVED, membership, role=membership.role)
    do_remove_member(membership, role)
    return Status(204, None)
