"""Images and how they come in."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.projects import Project


class ImageStatus(models.TextChoices):
    """How far an image is on its way: annotated, handed in, looked at by somebody else, accepted or sent back."""

    NEW = "new", "New"
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Returned"


class Image(models.Model):
    """Pixels, their axes, the annotations' clock and where the files are.

    ``clock`` is the number of the image's last operation: it only grows, by one for each. ``next_label`` is the
    instance number that the next new cell gets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=255)
    status = models.CharField(max_length=16, choices=ImageStatus.choices, default=ImageStatus.NEW)
    twin_of = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.CASCADE,
        related_name="twins",
        help_text="another, independent annotation of that image's pixels: its annotator and reviewers see it",
    )
    take = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="a person's first, second … annotation of the same image"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="who annotates it"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="who reviews it"
    )
    due_on = models.DateField(null=True, help_text="the day by which it should be handed in")
    handed_in_at = models.DateTimeField(null=True, help_text="when it was handed in last")
    width = models.PositiveIntegerField(help_text="pixels")
    height = models.PositiveIntegerField(help_text="pixels")
    channels = models.PositiveSmallIntegerField()
    size_t = models.PositiveIntegerField(default=1, help_text="frames")
    size_z = models.PositiveIntegerField(default=1, help_text="slices")
    rgb = models.BooleanField(default=False, help_text="the three channels are one colour image")
    dtype = models.CharField(max_length=8, help_text="one of annotation.imaging.source.DTYPES")
    channel_info = models.JSONField(default=list, help_text="name, colour (#rrggbb), low and high of each channel")
    pixel_um_x = models.FloatField(null=True, help_text="width of a pixel in micrometres, where the file says so")
    pixel_um_y = models.FloatField(null=True, help_text="its height")
    pixel_um_z = models.FloatField(null=True, help_text="distance of two slices")
    time_step = models.FloatField(null=True, help_text="seconds between two frames")
    file_suffix = models.CharField(max_length=8, help_text="our own suffix of the original's kind, such as .tif")
    file_bytes = models.PositiveBigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    store = models.CharField(
        max_length=64, blank=True, default="", db_default="", db_index=True,
        help_text="the folder of its files, called by their content; empty: they lie under the image's id",
    )  # fmt: skip
    reading = models.JSONField(
        default=dict, help_text="how the file was read: imaging.source.Choice, planes_in_file, asks, names, notes"
    )
    pixels_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    clock = models.PositiveBigIntegerField(default=0)
    next_label = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="images_of_project"),
            models.Index(fields=["project", "status", "assignee"], name="images_by_state"),
            models.Index(fields=["project", "status", "created_at", "id"], name="images_by_age"),
            models.Index(
                fields=["project", "handed_in_at", "id"],
                condition=Q(status__in=[ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW]),
                name="images_that_wait",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["twin_of", "assignee", "take"], condition=Q(deleted_at=None), name="one_twin_for_each_person"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """Images of one kind are shown alike: as many channels, pixels of one type."""
        return f"{'rgb' if self.rgb else self.channels} {self.dtype}"

    def has_plane(self, t: int, z: int) -> bool:
        """Whether there is a slice ``z`` of a frame ``t``."""
        return 0 <= t < self.size_t and 0 <= z < self.size_z

    @property
    def folder(self) -> Path:
        """The folder that holds this image's files; images of equal content and twins share it."""
        return Path(settings.IMAGES) / (self.store or str(self.twin_of_id or self.id))

    @property
    def original_path(self) -> Path:
        """The file as it was uploaded, under a name of ours (S14)."""
        return self.folder / f"original{self.file_suffix}"

    @property
    def thumbnail_path(self) -> Path:
        """At most 256 pixels wide or high, 8-bit, WebP."""
        return self.folder / "thumbnail.webp"


class UploadState(models.TextChoices):
    """Where an upload is between the first byte and an image."""

    RECEIVING = "receiving"
    DECODING = "decoding"
    ASKING = "asking"
    """It leaves something open that its person is asked."""
    DONE = "done"
    FAILED = "failed"


def first_wish() -> dict[str, Any]:
    """What is made of a file of which nobody says anything: its first image, and a guess where it leaves more open."""
    return {"ask": False, "series": [0], "planes": "", "labels": False}


class Upload(models.Model):
    """One file on its way in. Parts are appended in order; an interrupted upload goes on at ``received``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255, help_text="what the person called it; a label, never a path")
    size = models.PositiveBigIntegerField(help_text="bytes announced")
    received = models.PositiveBigIntegerField(default=0, help_text="bytes stored")
    state = models.CharField(max_length=16, choices=UploadState.choices, default=UploadState.RECEIVING)
    message = models.CharField(max_length=500, blank=True, help_text="why it failed, for people")
    image = models.ForeignKey(Image, null=True, on_delete=models.SET_NULL, related_name="uploads")
    wish = models.JSONField(
        default=first_wish,
        help_text="series (numbers, null for all), planes and labels as in actions.answers; ask: rather than guess",
    )
    question = models.JSONField(default=dict, help_text="what it leaves open; see imaging.source.Question")
    for_dataset = models.BooleanField(default=False, db_default=False, help_text="it has annotations, no image")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["state", "updated_at"], name="uploads_to_sweep")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """The bytes received so far."""
        return Path(settings.UPLOADS) / str(self.id)

    @property
    def previews(self) -> Path:
        """Pictures that help to answer what it leaves open."""
        return Path(settings.UPLOADS) / f"{self.id}.previews"
