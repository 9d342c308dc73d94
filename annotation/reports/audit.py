"""Reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.models import AuditEntry, AuditKind, Membership
from annotation.tables import csv_text

PAGE = 100
MOST = 100_000
"""Entries of one CSV file."""
_SIGNING = (
    AuditKind.SIGN_IN,
    AuditKind.SIGN_OUT,
    AuditKind.SIGN_IN_FAILED,
    AuditKind.TOKEN_MADE,
    AuditKind.TOKEN_REMOVED,
)
HEADER = ("id", "time", "person", "kind", "subject", "details")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; what is None asks nothing. Days are UTC, ``until`` included; ``before`` is an entry's id."""

    kind: str | None = None
    person: int | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None


def _entries(project_id: UUID | None, asked: AuditFilter) -> QuerySet[AuditEntry]:
    """The newest first. Of a project: what was done in it, and when its present members signed in or out."""
    rows = AuditEntry.objects.order_by("-pk")
    if project_id is not None:
        members = Membership.objects.filter(project_id=project_id).values("user_id")
        rows = rows.filter(Q(project_id=project_id) | Q(kind__in=_SIGNING, actor_id__in=members))
    wanted = {
        "kind": asked.kind,
        "actor_id": asked.person,
        "created_at__date__gte": asked.since,
        "created_at__date__lte": asked.until,
        "pk__lt": asked.before,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def get_audit(project_id: UUID, asked: AuditFilter) -> list[AuditEntry]:
    """A page of entries."""
    return list(_entries(project_id, asked)[:PAGE])


def get_audit_csv(project_id: UUID | None, asked: AuditFilter) -> str:
    """The same as a file, all pages of it; without a project that of the whole server."""
    entries = islice(_entries(project_id, asked).iterator(chunk_size=2000), MOST)
    return csv_text(
        HEADER,
        (
            (one.pk, one.created_at.isoformat(), one.actor_name, one.kind, one.subject, one.details or "")
            for one in entries
        ),
    )
