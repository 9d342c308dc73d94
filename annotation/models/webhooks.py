"""Addresses of other programs that want to hear what happens in a project."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.projects import Project


class WebhookEvent(models.TextChoices):
    """What there is to hear of."""

    IMAGE_ADDED = "image.added", "An image was added"
    IMAGE_STATE = "image.state", "An image was handed in, accepted, sent back or taken up"
    RUN_ENDED = "run.ended", "An engine has looked for cells"
    CELLS_ADDED = "cells.added", "Cells of a file were added"
    EXPORT_ENDED = "export.ended", "An export has ended"
    SNAPSHOT_ENDED = "snapshot.ended", "A snapshot was made"
    NOTIFICATION = "notification", "Somebody was told something"
    PING = "ping", "Somebody tries whether it works"


class Webhook(models.Model):
    """An address, and what it is told. The secret signs what is sent, so that it has to be kept as it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=64)
    events = models.JSONField(help_text="values of WebhookEvent; an empty list is all of them")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    """Waiting ones are tried at ``next_at``."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(models.Model):
    """One thing that a webhook is told. Its id goes along and stays the same when it is sent again, so that a receiver
    knows what it has had."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=WebhookEvent.choices)
    body = models.TextField(help_text="JSON, the same bytes each time")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True, help_text="the last HTTP status")
    problem = models.CharField(max_length=200, blank=True, help_text="why the last attempt failed")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "next_at"], name="deliveries_due"),
            models.Index(fields=["webhook", "-created_at", "-id"], name="deliveries_of_webhook"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
