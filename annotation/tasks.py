"""Background work of the domain on the `io` queue: parse → action. Inference has its own tasks."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task  # noqa: TID251 - the domain's tasks are declared here and nowhere else

from annotation.actions.exports import do_run_export, do_sweep_exports
from annotation.actions.imports import do_fail_import, do_import_upload
from annotation.actions.jobs import do_fail_job, do_start_job, do_sweep_jobs
from annotation.actions.repeats import do_sweep_answers
from annotation.actions.uploads import do_sweep_uploads

logger = logging.getLogger(__name__)


@shared_task(name="annotation.sweep", queue="io", ignore_result=True, soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """Every ten seconds: find what was lost."""
    do_sweep_jobs()
    do_sweep_uploads()
    do_sweep_exports()
    do_sweep_answers()


@shared_task(name="annotation.import_upload", queue="io", ignore_result=True, soft_time_limit=7200, time_limit=7300)
def import_upload(job_id: str) -> None:
    """Turn an upload whose last byte has come into an image."""
    try:
        do_import_upload(UUID(job_id))
    except Exception:
        logger.exception("Import job %s broke", job_id)
        do_fail_import(UUID(job_id))


@shared_task(name="annotation.export_project", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def export_project(job_id: str) -> None:
    """Write an export's zip file. A second delivery finds the job claimed and does nothing."""
    job = do_start_job(UUID(job_id))
    if job is None:
        return
    try:
        do_run_export(job)
    except Exception:
        logger.exception("Export %s failed", job.pk)
        message = "Something went wrong while writing the export. If it happens again, ask your administrator."
        do_fail_job(job.pk, job.attempt, message=message, permanent=False)
