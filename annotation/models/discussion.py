"""What people say of an image, and what they are told of what happened elsewhere."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.annotations import Annotation
from annotation.models.images import Image
from annotation.models.projects import Project


class Comment(models.Model):
    """Something that somebody said, pinned to a cell, to a point of a plane, or to the whole image (neither of both).
    Answers have a ``thread``: the comment that began it, whose pin and whose state count for all of them. A deleted
    comment keeps its row, without its words, for those that answered it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="comments")
    thread = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=4000)
    cell = models.ForeignKey(Annotation, null=True, on_delete=models.CASCADE, related_name="comments")
    row = models.FloatField(null=True, help_text="image pixels")
    col = models.FloatField(null=True)
    t = models.PositiveIntegerField(default=0)
    z = models.PositiveIntegerField(default=0)
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cell=None) | Q(row=None, col=None), name="comments_have_one_pin"),
            models.CheckConstraint(
                condition=Q(row=None, col=None) | Q(row__isnull=False, col__isnull=False), name="points_are_whole"
            ),
        ]
        indexes = [models.Index(fields=["image", "created_at"], name="comments_of_image")]

    def __str__(self) -> str:
        return f"comment on {self.image_id}"


class NotificationKind(models.TextChoices):
    """What a notification is about."""

    ASSIGNED = "assigned", "An image is assigned to me"
    RETURNED = "returned", "An image of mine is sent back"
    MENTIONED = "mentioned", "Somebody mentions me in a comment"
    ANSWERED = "answered", "Somebody answers a comment of mine"
    JOB = "job", "A job of mine has ended"


class Notification(models.Model):
    """One person is told of one thing. ``text`` is a sentence; of several images, ``image`` is the first.
    ``mailed_at`` is when it went out by e-mail, or was found not to go that way."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=16, choices=NotificationKind.choices)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_of_person"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="unread_notifications"),
            models.Index(fields=["created_at"], condition=Q(mailed_at=None), name="notifications_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.text}"


class Mailing(models.TextChoices):
    """When notifications go out by e-mail."""

    OFF = "off", "Never"
    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"


class NotificationChoice(models.Model):
    """What a person wants to be told, and how; without a row all of it, in the application and at once by e-mail.
    ``muted`` are kinds that they are not told of at all."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="notification_choice"
    )
    mailing = models.CharField(max_length=8, choices=Mailing.choices, default=Mailing.AT_ONCE)
    muted = ArrayField(models.CharField(max_length=16, choices=NotificationKind.choices), default=list)
    digest_at = models.DateTimeField(null=True, help_text="when the last daily e-mail was sent")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.mailing}"
