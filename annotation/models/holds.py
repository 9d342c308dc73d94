"""Who is changing which cell at this moment."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.annotations import Annotation


class CellHold(models.Model):
    """A cell that somebody is changing in one of their tabs, until then; said again every few seconds. ``socket`` is
    that tab's connection. An old row means nothing."""

    cell = models.OneToOneField(Annotation, primary_key=True, on_delete=models.CASCADE, related_name="hold")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    socket = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["socket"], name="holds_of_socket")]

    def __str__(self) -> str:
        return f"{self.user_id} holds {self.cell_id}"
