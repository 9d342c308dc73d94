"""What cells can be called. Callers hold the project's row lock, so that names and keys stay different."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils import timezone

from annotation.actions.projects import check_name
from annotation.errors import AppError, ErrorCode
from annotation.models import CLASS_COLOURS, LabelClass, Project

MAX_CLASSES = 100
_KEYS = "123456789"


def _live(project: Project) -> list[LabelClass]:
    return list(project.label_classes.filter(deleted_at=None))


def _check_free(label_class: LabelClass, others: list[LabelClass]) -> None:
    """Raise when another class has the name or the key."""
    for other in others:
        if other.pk == label_class.pk:
            continue
        if other.name.lower() == label_class.name.lower():
            raise AppError(ErrorCode.CONFLICT, f"There is a class “{other.name}” already.", status=409)
        if label_class.key and other.key == label_class.key:
            raise AppError(
                ErrorCode.CONFLICT, f"Key {other.key} belongs to “{other.name}”. Choose another.", status=409
            )


def check_colour(colour: str) -> str:
    """The colour in lower case. Raises unless it is #rrggbb."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise AppError(ErrorCode.BAD_REQUEST, "A colour is # and six of 0–9 and a–f.", status=422)
    return colour.lower()


def _next_colour(others: list[LabelClass]) -> str:
    used = [other.colour for other in others]
    return min(CLASS_COLOURS, key=lambda colour: (used.count(colour), CLASS_COLOURS.index(colour)))


@transaction.atomic
def do_create_class(project: Project, name: str, *, colour: str | None = None, key: str | None = None) -> LabelClass:
    """A new class; without a wish it gets the next colour of the palette and the next free key."""
    others = _live(project)
    if len(others) >= MAX_CLASSES:
        raise AppError(
            ErrorCode.CONFLICT, f"A project has at most {MAX_CLASSES} classes. Delete one first.", status=409
        )
    free = [key for key in _KEYS if key not in {other.key for other in others}]
    label_class = LabelClass(
        project=project,
        name=check_name(name, "class"),
        colour=_next_colour(others) if colour is None else check_colour(colour),
        key=next(iter(free), "") if key is None else key,
        position=max((other.position for other in others), default=-1) + 1,
    )
    _check_free(label_class, others)
    label_class.save()
    return label_class


@transaction.atomic
def do_change_class(
    label_class: LabelClass, *, name: str | None = None, colour: str | None = None, key: str | None = None
) -> None:
    """Another name, colour or key; what is None stays."""
    if name is not None:
        label_class.name = check_name(name, "class")
    if colour is not None:
        label_class.colour = check_colour(colour)
    if key is not None:
        label_class.key = key
    _check_free(label_class, _live(label_class.project))
    label_class.save(update_fields=["name", "colour", "key"])


@transaction.atomic
def do_delete_class(label_class: LabelClass) -> None:
    """Hide it: cells that have it keep it until they are relabelled (R27)."""
    label_class.deleted_at = timezone.now()
    label_class.save(update_fields=["deleted_at"])
