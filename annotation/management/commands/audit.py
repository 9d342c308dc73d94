"""manage.py audit [--since DAY] [--until DAY] [--kind KIND]: the audit log of the whole server as CSV, newest first."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotation.models import AuditKind
from annotation.reports.audit import AuditFilter, get_audit_csv


class Command(BaseCommand):
    """Sign-ins of people without a project are seen here only."""

    help = "Print the audit log as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which entries."""
        parser.add_argument("--since", type=date.fromisoformat, help="first day, such as 2030-01-31 (UTC)")
        parser.add_argument("--until", type=date.fromisoformat, help="last day")
        parser.add_argument("--kind", choices=AuditKind.values)

    def handle(self, *_args: Any, **options: Any) -> None:
        """To the standard output."""
        asked = AuditFilter(kind=options["kind"], since=options["since"], until=options["until"])
        self.stdout.write(get_audit_csv(None, asked), ending="")
