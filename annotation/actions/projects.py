"""Projects: made by anybody who is signed in, renamed and deleted by their owners."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.errors import AppError, ErrorCode
from annotation.events import send_members_changed
from annotation.models import CLASS_COLOURS, LabelClass, Membership, NextOrder, Project, Role, User


def check_name(name: str, what: str) -> str:
    """The name without the space around it. Raises when nothing or a control character is left."""
    tidy = name.strip()
    if not tidy or not tidy.isprintable():
        raise AppError(ErrorCode.BAD_REQUEST, f"Give the {what} a name of letters that can be seen.", status=422)
    return tidy


@transaction.atomic
def do_create_project(user: User, name: str) -> Project:
    """A new project of this person's own, with one class to begin with."""
    project = Project.objects.create(name=check_name(name, "project"))
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    LabelClass.objects.create(project=project, name="Cell", colour=CLASS_COLOURS[0], key="1")
    return project


@transaction.atomic
def do_rename_project(project: Project, name: str) -> None:
    """A new name. The caller holds the row's lock."""
    project.name = check_name(name, "project")
    project.save(update_fields=["name"])


@transaction.atomic
def do_change_workflow(project: Project, *, next_order: NextOrder, work_limit: int | None) -> None:
    """Another way of handing images out. The caller holds the row's lock."""
    project.next_order, project.work_limit = next_order, work_limit
    project.save(update_fields=["next_order", "work_limit"])


@transaction.atomic
def do_delete_project(project: Project) -> None:
    """Hide it and all that is in it. The rows and files stay until an administrator removes them."""
    project.deleted_at = timezone.now()
    project.save(update_fields=["deleted_at"])
    send_members_changed(list(project.images.values_list("pk", flat=True)))
