"""manage.py count_work: makes the dashboards' sums anew from the operation log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from annotation.actions.ledger import do_count_again


class Command(BaseCommand):
    """Once after an upgrade from a version without dashboards; never needed otherwise."""

    help = "Count all operations again for the dashboards."

    @transaction.atomic
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Says how many operations there were."""
        self.stdout.write(f"{do_count_again():,} operations counted.")
