"""Cells and the log of everything that was done to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.images import Image
from annotation.models.projects import LabelClass
from inference.rle import Rle


class Annotation(models.Model):
    """One cell's mask on one plane of its image. A deleted cell keeps its row, so that versions never run backwards and
    undo can restore it.

    ``label`` is the cell's number in this image, as in a label TIFF: cells of several planes with one label are one
    object. No object has two cells on one plane (a constraint of migration 0014). ``version`` grows with every change;
    ``mask_version`` and ``class_version`` are the versions at which those last changed, so that a new shape and a
    new class by two people at once do not collide (R5).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="annotations")
    label = models.PositiveIntegerField()
    t = models.PositiveIntegerField(default=0, db_default=0, help_text="the frame that it lies in")
    z = models.PositiveIntegerField(default=0, db_default=0, help_text="the slice that it lies in")
    parent = models.PositiveIntegerField(null=True, help_text="the label of the object that divided into this one")
    top = models.IntegerField()
    left = models.IntegerField()
    height = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    counts = ArrayField(models.PositiveIntegerField())
    area = models.PositiveIntegerField()
    label_class = models.ForeignKey(LabelClass, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    mask_version = models.PositiveIntegerField(default=1)
    class_version = models.PositiveIntegerField(default=1)
    mask_client = models.UUIDField(null=True, help_text="the tab that changed the mask last")
    class_client = models.UUIDField(null=True, help_text="the tab that changed the class last")
    provenance = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted = models.BooleanField(default=False)
    locked = models.BooleanField(default=False, db_default=False, help_text="no tool changes it")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(height__gt=0, width__gt=0, area__gt=0), name="masks_are_not_empty"),
        ]
        indexes = [models.Index(fields=["image"], condition=Q(deleted=False), name="live_cells_of_image")]

    def __str__(self) -> str:
        return f"cell {self.label} of {self.image_id}"

    @property
    def plane(self) -> tuple[int, int]:
        """(t, z)."""
        return self.t, self.z

    @property
    def rle(self) -> Rle:
        """The mask."""
        return Rle(self.top, self.left, self.height, self.width, tuple(self.counts))

    @rle.setter
    def rle(self, value: Rle) -> None:
        self.top, self.left, self.height, self.width = value.top, value.left, value.height, value.width
        self.counts = list(value.counts)
        self.area = value.area


class Operation(models.Model):
    """One entry of an image's log: what somebody did, before and after. Append-only.

    ``changes`` is a list of {"id", "before", "after"}; before and after are a cell's state (see
    annotation.actions.states) or null where there was no cell. ``id`` is made by the client.

    The cells of one run come in several operations: the first has the job's id and is of kind “run”, the others are of
    kind “part” and ``part_of`` the first. They are one step for whoever undoes them.
    """

    id = models.UUIDField(primary_key=True)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="operations")
    clock = models.PositiveBigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=16)
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by")
    part_of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="parts")
    changes = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "clock"], name="one_operation_per_tick")]
        indexes = [models.Index(fields=["image", "actor", "-clock"], name="operations_of_person")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.clock}"


class Client(models.Model):
    """One browser tab, by the id that it gave itself. ``last_seq`` is the number of its last answered operation; it
    lives in the same transaction as the operation, so that a repeat is known as one for certain (R2)."""

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    last_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class Receipt(models.Model):
    """What an operation was answered, so that a repeat is answered the same (R2)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="receipts")
    seq = models.PositiveBigIntegerField()
    operation_id = models.UUIDField(unique=True)
    answer = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "seq"], name="one_receipt_per_number")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.seq}"
