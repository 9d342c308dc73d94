"""What was done on each day, counted as it happens: ten million operations are not counted again for each look."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.projects import Project


class DayWork(models.Model):
    """One person's operations on one day (UTC) on cells of one engine (“” for drawn by hand). It says nothing that the
    operation log does not: annotation.quality.ledger says how it follows from there."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    engine = models.CharField(max_length=40)
    operations = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0, help_text="cells by hand or by prompt")
    changed = models.PositiveIntegerField(default=0, help_text="cells")
    deleted = models.PositiveIntegerField(default=0, help_text="cells")
    proposed = models.PositiveIntegerField(default=0, help_text="cells that a run of the engine found")
    seconds = models.FloatField(default=0, help_text="active time")
    last_at = models.DateTimeField(null=True, help_text="the last operation that was no run")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user", "day", "engine"], name="one_sum_for_each_day")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day}: {self.operations}"
