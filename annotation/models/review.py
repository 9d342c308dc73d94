"""Who moved an image from one state to another, what was said of its cells, and who is in it now."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.annotations import Annotation
from annotation.models.images import Image, ImageStatus
from annotation.models.projects import Project


class StateChange(models.Model):
    """One step of an image on its way. Append-only. ``clock`` is the image's at that moment: what came later has
    changed since. ``cell`` is the cell that the reason is about, which may be gone by now."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="state_changes")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", help_text="the image's")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    before = models.CharField(max_length=16, choices=ImageStatus.choices)
    after = models.CharField(max_length=16, choices=ImageStatus.choices)
    reason = models.CharField(max_length=500, blank=True)
    cell = models.UUIDField(null=True)
    clock = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["image", "created_at"], name="states_of_image"),
            models.Index(fields=["project", "after", "created_at"], name="states_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.before} to {self.after}"


class Visit(models.Model):
    """Somebody has the image open, as of ``seen_at``; ``left_at`` when they closed it since."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "user"], name="one_visit_each")]

    def __str__(self) -> str:
        return f"{self.user_id} is in {self.image_id}"


class ProjectVisit(models.Model):
    """Somebody has a page of the project open, as of ``seen_at``; ``left_at`` when they closed it since."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_project_visit_each")]

    def __str__(self) -> str:
        return f"{self.user_id} is in {self.project_id}"


class Judgement(models.TextChoices):
    """What a reviewer says of a cell."""

    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    FIXED = "fixed", "Fixed by the reviewer"


class Verdict(models.Model):
    """The last word on one cell, for the ``version`` that it was said of: a cell that has changed since waits for
    another. One for each cell; ``image`` is the cell's."""

    annotation = models.OneToOneField(Annotation, on_delete=models.CASCADE, related_name="verdict")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="verdicts")
    version = models.PositiveIntegerField()
    judgement = models.CharField(max_length=8, choices=Judgement.choices)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.annotation_id} version {self.version}: {self.judgement}"
