"""Reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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


def _asked(asked: AuditFilter) -> QuerySet[AuditEntry]:
    """The newest first, of whatever project."""
    day = timedelta(days=1)
    wanted = {
        "kind": asked.kind,
        "actor_id": asked.person,
        "created_at__gte": asked.since and datetime.combine(asked.since, time.min, UTC),
        "created_at__lt": asked.until and datetime.combine(asked.until, time.min, UTC) + day,
        "pk__lt": asked.before,
    }
    rows = AuditEntry.objects.order_by("-pk")
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def _of_project(project_id: UUID) -> tuple[Q, Q]:
    """What was done in it, and when its present members signed in or out."""
    members = Membership.objects.filter(project_id=project_id).values("user_id")
    return Q(project_id=project_id), Q(kind__in=_SIGNING, actor_id__in=members)


def get_audit(project_id: UUID, asked: AuditFilter) -> list[AuditEntry]:
    """A page of a project's entries. Two queries, each by an index of its own."""
    found = {one.pk: one for part in _of_project(project_id) for one in _asked(asked).filter(part)[:PAGE]}
    return [found[key] for key in sorted(found, reverse=True)][:PAGE]


def get_audit_csv(project_id: UUID | None, asked: AuditFilter) -> str:
    """The same as a file, all pages of it; without a project that of the whole server."""
    rows = _asked(asked)
    if project_id is not None:
        done, signed = _of_project(project_id)
        rows = rows.filter(done | signed)
    entries = islice(rows.iterator(chunk_size=2000), MOST)
    return csv_text(
        HEADER,
        (
            (one.pk, one.created_at.isoformat(), one.actor_name, one.kind, one.subject, one.details or "")
            for one in entries
        ),
    )
