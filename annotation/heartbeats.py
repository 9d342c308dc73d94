"""Leases of long work, renewed by a thread of the worker that does it.

An engine may need minutes for one step, in which it reports nothing. The lease says only that the worker lives: killed,
its threads die with it, and the sweeper gives the job to another.
"""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from annotation.actions.jobs import LEASE, do_renew_lease

logger = logging.getLogger(__name__)

LONGEST = 7500.0
"""Seconds after which even a living worker is not believed any more: the hard time limit of a run."""


class Heartbeats:
    """One thread for each job that this process runs."""

    def __init__(self, *, seconds: float = LEASE.total_seconds() / 4) -> None:
        self._seconds = seconds
        self._ends: dict[str, threading.Event] = {}

    def start(self, job_id: str, attempt: int) -> None:
        """Renew until stop(), until the lease is lost, or until nothing takes that long."""
        end = self._ends[job_id] = threading.Event()
        threading.Thread(target=self._beat, args=(job_id, attempt, end), name="heartbeat", daemon=True).start()

    def stop(self, job_id: str) -> None:
        """The job has ended."""
        end = self._ends.pop(job_id, None)
        if end is not None:
            end.set()

    def _beat(self, job_id: str, attempt: int, end: threading.Event) -> None:
        for _ in range(int(LONGEST / self._seconds)):
            if end.wait(self._seconds) or not self._renew(job_id, attempt):
                return

    def _renew(self, job_id: str, attempt: int) -> bool:
        try:
            return do_renew_lease(UUID(job_id), attempt)
        except (DatabaseError, InterfaceError) as error:
            # The next beat may come through: the lease is four beats long.
            logger.warning("A lease was not renewed: %s", error)
            return True
        finally:
            connection.close()
