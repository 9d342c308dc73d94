"""Who belongs to a project. Callers hold its row lock, so that two owners cannot unmake each other at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from annotation.actions.accounts import do_create_person
from annotation.errors import AppError, ErrorCode, forbidden
from annotation.events import send_members_changed
from annotation.models import LabelClass, Membership, Project, Role, User


def check_may_give(actor: Role, role: Role) -> None:
    """Raise unless someone of role ``actor`` may make somebody ``role``."""
    if role == Role.OWNER and actor != Role.OWNER:
        raise forbidden("Only an owner of this project can make somebody an owner.")


def check_may_touch(actor: Role, membership: Membership) -> None:
    """Raise unless someone of role ``actor`` may change this membership."""
    if membership.role == Role.OWNER and actor != Role.OWNER:
        raise forbidden("Only an owner of this project can change another owner.")


def check_owner_stays(membership: Membership) -> None:
    """Raise when this is the last owner of the project."""
    owners = Membership.objects.filter(project_id=membership.project_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise AppError(
            ErrorCode.CONFLICT, "A project keeps at least one owner. Make somebody else an owner first.", status=409
        )


def _find(username: str | None, email: str | None) -> User:
    """The active account of that name or address. An address that nobody has becomes a new account."""
    found: User | None
    if email is not None:
        found = User.objects.filter(email__iexact=email).first() or do_create_person(email)
    else:
        found = User.objects.filter(username__iexact=username or "").first()
    if found is None or not found.is_active:
        raise AppError(
            ErrorCode.NOT_FOUND,
            "Nobody here has that name. Check the spelling, or enter their e-mail address to make an account for them.",
            status=422,
        )
    return found


@transaction.atomic
def do_add_member(project: Project, actor: Role, *, username: str | None, email: str | None, role: Role) -> Membership:
    """Add somebody by name or by address. Raises CONFLICT when they are a member already."""
    check_may_give(actor, role)
    user = _find(username, email)
    membership, is_new = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if not is_new:
        raise AppError(ErrorCode.CONFLICT, f"{user.username} is a member of this project already.", status=409)
    return membership


@transaction.atomic
def do_change_role(membership: Membership, actor: Role, role: Role) -> None:
    """Another role, felt at once by the pages that the person has open (S3)."""
    check_may_touch(actor, membership)
    check_may_give(actor, role)
    if role != Role.OWNER:
        check_owner_stays(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    _tell(membership)


@transaction.atomic
def do_set_classes(membership: Membership, class_ids: Iterable[int]) -> None:
    """The classes that somebody knows best: images can be dealt out by them."""
    wanted = set(class_ids)
    found = LabelClass.objects.filter(project_id=membership.project_id, deleted_at=None, pk__in=wanted)
    if len(found) < len(wanted):
        message = "One of these classes is none of this project's. Reload the page and choose again."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422)
    membership.knows.set(found)


@transaction.atomic
def do_remove_member(membership: Membership, actor: Role) -> None:
    """Out of the project; the person's pages are closed at once (S3)."""
    check_may_touch(actor, membership)
    check_owner_stays(membership)
    _tell(membership)
    membership.delete()


def may_link(membership: Membership) -> bool:
    """Whether a sign-in link may be handed out: the account was never used and belongs to this project alone, so that
    nobody can take over an account that somebody else made or uses (S27)."""
    user = membership.user
    used = user.has_usable_password() or user.last_login is not None or user.is_staff or user.is_superuser
    return not used and not Membership.objects.filter(user=user).exclude(pk=membership.pk).exists()


def check_may_link(membership: Membership) -> None:
    """Raise unless a sign-in link may be handed out."""
    if not may_link(membership):
        raise AppError(
            ErrorCode.CONFLICT,
            f"{membership.user.username} has an account already: they sign in with its password, or ask whoever "
            "invited them first for a new link.",
            status=409,
        )


def _tell(membership: Membership) -> None:
    send_members_changed(list(membership.project.images.filter(deleted_at=None).values_list("pk", flat=True)))
