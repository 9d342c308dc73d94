"""Who did what that is no change of cells: members, settings, deletions, exports, sign-ins. (Of cells: Operation.)"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.projects import Project


class AuditKind(models.TextChoices):
    """What an entry is about."""

    SIGN_IN = "sign_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGN_OUT = "sign_out", "Signed out"
    MEMBER_ADDED = "member_added", "Member added"
    MEMBER_ROLE = "member_role", "Role changed"
    MEMBER_REMOVED = "member_removed", "Member removed"
    MEMBER_LINK = "member_link", "Sign-in link made"
    PROJECT_CREATED = "project_created", "Project created"
    PROJECT_RENAMED = "project_renamed", "Project renamed"
    PROJECT_DELETED = "project_deleted", "Project deleted"
    SETTINGS = "settings", "Settings changed"
    CLASS_CREATED = "class_created", "Class created"
    CLASS_CHANGED = "class_changed", "Class changed"
    CLASS_DELETED = "class_deleted", "Class deleted"
    IMAGE_RENAMED = "image_renamed", "Image renamed"
    IMAGE_DELETED = "image_deleted", "Image deleted"
    IMAGE_REREAD = "image_reread", "Planes of an image corrected"
    EXPORT = "export", "Export"
    SNAPSHOT_DELETED = "snapshot_deleted", "Snapshot deleted"
    TOKEN_MADE = "token_made", "Token made"
    TOKEN_REMOVED = "token_removed", "Token removed"


class AuditEntry(models.Model):
    """One thing that somebody did. Append-only: Postgres refuses to change or delete a row, so that people are kept by
    name, too, and accounts may go. ``subject`` is what or whom it was done to, by its name then."""

    kind = models.CharField(max_length=24, choices=AuditKind.choices)
    project = models.ForeignKey(Project, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_of_project"),
            models.Index(fields=["actor", "-id"], name="audit_of_person"),
            models.Index(fields=["project", "kind", "-id"], name="audit_of_kind"),
            models.Index(fields=["project", "created_at"], name="audit_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.kind} {self.subject}"
