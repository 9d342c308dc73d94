"""Work in the background. The row is the truth; the broker only carries hints (R13, R16)."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from annotation.models.images import Image
from annotation.models.projects import Project


class JobKind(models.TextChoices):
    """What a job does."""

    IMPORT = "import"
    REREAD = "reread"
    """Read an image's original in another way."""
    SEGMENT = "segment"
    EXPORT = "export"
    SNAPSHOT = "snapshot"
    READ = "read"
    """Look into a file of annotations."""
    ADD = "add"
    """Add what was read."""
    MEASURE = "measure"


class JobState(models.TextChoices):
    """Queued and running jobs have a lease; the others have ended."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """One piece of background work. Whoever runs it holds the lease under ``attempt``; a result written under an
    older attempt is refused (R15)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=JobKind.choices)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    image = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    message = models.CharField(max_length=500, blank=True, help_text="for people")
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="jobs_to_sweep")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def archive_path(self) -> Path:
        """An export's zip file."""
        return Path(settings.EXPORTS) / f"{self.id}.zip"
