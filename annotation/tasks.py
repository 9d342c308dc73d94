"""Background work of the domain on the `io` queue: parse → action. Inference has its own tasks."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task  # noqa: TID251 - the domain's tasks are declared here and nowhere else

from annotation.actions.imports import do_fail_import, do_import_upload
from annotation.actions.jobs import do_sweep_jobs
from annotation.actions.uploads import do_sweep_uploads

logger = logging.getLogger(__name__)


@shared_task(name="annotation.sweep", queue="io", ignore_result=True, soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """Every ten seconds: find what was lost."""
    do_sweep_jobs()
    do_sweep_uploads()


@shared_task(name="annotation.import_upload", queue="io", ignore_result=True, soft_time_limit=300, time_limit=330)
def import_upload(job_id: str) -> None:
    """Turn an upload whose last byte has come into an image."""
    try:
        do_import_upload(UUID(job_id))
    except Exception:
        logger.exception("Import job %s broke", job_id)
        do_fail_import(UUID(job_id))
