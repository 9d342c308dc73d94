"""Frozen states of projects, and which images are for training, validation and test."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.images import Image
from annotation.models.projects import Project


class Split(models.TextChoices):
    """What an image is set aside for."""

    TRAIN = "train", "Training"
    VALIDATION = "validation", "Validation"
    TEST = "test", "Test"


class ImageSplit(models.Model):
    """What an image is for. Never changed once it is made: what was test never becomes training. All images of one
    ``group`` of a project are in one split."""

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.CASCADE, related_name="split")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="splits")
    group = models.CharField(max_length=255)
    split = models.CharField(max_length=16, choices=Split.choices)
    look = models.BigIntegerField(null=True, help_text="perceptual hash of the thumbnail, 64 bits")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(split__in=Split.values), name="split_known")]
        indexes = [models.Index(fields=["project", "group"], name="splits_of_project")]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.split}"


class Snapshot(models.Model):
    """A project's images and cells as they were at one moment, never changed afterwards. Its id is that of the job that
    made it. ``sha256`` (hex) is of the content alone: equal states have equal hashes. ``classes`` are {"id", "name",
    "colour"} in their order; ``selection`` is what was asked for. It is shown once it is ``ready``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    name = models.CharField(max_length=120)
    selection = models.JSONField(default=dict)
    classes = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64)
    images = models.PositiveIntegerField(default=0)
    cells = models.PositiveIntegerField(default=0)
    round_trips = models.JSONField(default=dict, help_text="what comes back of an export, by format")
    ready = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], condition=Q(ready=True), name="snapshot_names_differ")
        ]

    def __str__(self) -> str:
        return self.name


class SnapshotImage(models.Model):
    """One image of a snapshot. ``header`` and ``cells`` are as annotation.datasets.frozen packs them; ``sha256`` (hex)
    is of both. ``count`` is the number of cells."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="parts")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    header = models.JSONField()
    cells = models.BinaryField()
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "image"], name="one_part_for_each_image"),
            models.UniqueConstraint(fields=["snapshot", "position"], name="parts_have_an_order"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id} in {self.snapshot_id}"
