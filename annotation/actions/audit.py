"""Writing the audit log. Its rows are made in the transaction of what they tell of: either both are there or none."""

from __future__ import annotations

from typing import Any

from annotation.models import AuditEntry, AuditKind, Project, User


def do_audit(
    actor: User | None, kind: AuditKind, *, project: Project | None = None, subject: str = "", **details: Any
) -> None:
    """Write down who did what to whom. ``details`` are JSON: what it was before and after, and the like."""
    AuditEntry.objects.create(
        kind=kind,
        project=project,
        actor=actor,
        actor_name=actor.username if actor else "",
        subject=subject[:255],
        details=details,
    )


def on_sign_in(*, user: User, **_: Any) -> None:
    """Django's signal: by password, link or whatever way there will be."""
    do_audit(user, AuditKind.SIGN_IN)


def on_sign_out(*, user: User | None, **_: Any) -> None:
    """Django's signal; without a person where the session was over already."""
    if user is not None:
        do_audit(user, AuditKind.SIGN_OUT)


def on_sign_in_failed(*, credentials: dict[str, Any], **_: Any) -> None:
    """Django's signal. Only the name of an account that exists is kept: people type passwords in the wrong field."""
    typed = str(credentials.get("username") or credentials.get("email") or "")[:254]
    known = User.objects.filter(username__iexact=typed).first() or User.objects.filter(email__iexact=typed).first()
    do_audit(known, AuditKind.SIGN_IN_FAILED)
