"""Projects, who belongs to them and what they call their cells."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

CLASS_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")
"""The Okabe–Ito palette, in the order in which classes get it."""


class Role(models.TextChoices):
    """What a member may do, most powerful first."""

    OWNER = "owner"
    MANAGER = "manager"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    VIEWER = "viewer"


class NextOrder(models.TextChoices):
    """Which image somebody gets who asks for the next one."""

    OLDEST = "oldest", "Oldest first"
    WORST = "worst", "Lowest score first"
    RANDOM = "random", "Random"


class Project(models.Model):
    """Images that are annotated together, by the same people, with the same classes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")
    next_order = models.CharField(
        max_length=8, choices=NextOrder.choices, default=NextOrder.OLDEST, db_default=NextOrder.OLDEST
    )
    work_limit = models.PositiveSmallIntegerField(
        null=True, help_text="images that one person may have begun and not handed in; null is no limit"
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one project, and what they know."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    knows: models.ManyToManyField[LabelClass, Any] = models.ManyToManyField(
        "LabelClass", related_name="+", help_text="the classes that they know best"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_membership_each"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.project_id}"


class LabelClass(models.Model):
    """What a cell can be. Deleting hides it; cells that had it keep it until they are relabelled (R27)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="label_classes")
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=7, validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z")])
    key = models.CharField(max_length=1, blank=True, validators=[RegexValidator(r"\A[1-9]?\Z")])
    position = models.PositiveIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted_at=None), name="class_names_differ"
            ),
            models.UniqueConstraint(
                fields=["project", "key"], condition=Q(deleted_at=None) & ~Q(key=""), name="class_keys_differ"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Looks(models.Model):
    """How images of one kind (their channels and type of pixels) are shown in a project: to one person, or without a
    ``user`` to everybody who has no looks of their own. ``looks`` is annotation.views.looks_schemas.LooksOut."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    looks = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user", "kind"], nulls_distinct=False, name="one_look_each_for_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id or 'everybody'}"
