"""Whose something will be, for commands that import."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from annotation.errors import AppError
from annotation.models import Project, User
from annotation.permissions import Action, access_project


def find_user(name: str) -> User:
    """An active account by the name that it signs in with."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is nobody called {name}. Give the name that the person signs in with.")
    return user


def find_project(user: User, name_or_id: str) -> Project:
    """A project of this person's, by id or by its exact name."""
    try:
        return access_project(user, UUID(name_or_id), Action.UPLOAD)[0]
    except ValueError:
        found = list(Project.objects.filter(name=name_or_id, memberships__user=user, deleted_at=None)[:2])
    except AppError as error:
        raise CommandError(error.message) from error
    if len(found) != 1:
        count = "more than one project" if found else "no project"
        raise CommandError(f"{user.username} has {count} called “{name_or_id}”. Give the id from its address instead.")
    try:
        return access_project(user, found[0].pk, Action.UPLOAD)[0]
    except AppError as error:
        raise CommandError(error.message) from error
