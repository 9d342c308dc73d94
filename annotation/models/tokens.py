"""Keys by which programs act for a person."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Token(models.Model):
    """What a program may do for its person until ``expires_at``. The secret itself is nowhere: ``digest`` is its
    SHA-256, which needs no salt as the secret is 256 random bits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(help_text="names of annotation.permissions.Scope")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.name


class KeptAnswer(models.Model):
    """What a POST with an `Idempotency-Key` was answered, so that a repeat is answered the same and does nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    request = models.CharField(max_length=64, help_text="SHA-256 of the path and the body")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return self.key
