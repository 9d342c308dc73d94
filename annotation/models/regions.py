"""Parts of an image in which every cell is annotated: “complete here”."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.models.images import Image


class Region(models.Model):
    """A rectangle of whole pixels, half-open, on slice ``z`` of frame ``t``. Rectangles of one image may overlap."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="regions")
    name = models.CharField(max_length=60)
    t = models.PositiveIntegerField(default=0, db_default=0)
    z = models.PositiveIntegerField(default=0, db_default=0)
    top = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    bottom = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(bottom__gt=F("top"), right__gt=F("left")), name="regions_are_not_empty")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.image_id}"
