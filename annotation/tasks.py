"""Background work of the domain on the `io` queue: parse → action. Inference has its own tasks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from celery import shared_task  # noqa: TID251 - the domain's tasks are declared here and nowhere else
from django.conf import settings
from django.utils import timezone

from annotation.actions.adding import do_add_annotations
from annotation.actions.annotation_imports import do_read_annotations
from annotation.actions.axes import do_reread_image
from annotation.actions.comparing import do_compare, get_changed
from annotation.actions.exports import do_run_export, do_sweep_exports
from annotation.actions.figures import do_count_everywhere
from annotation.actions.holds import do_sweep_holds
from annotation.actions.imports import do_fail_import, do_import_upload
from annotation.actions.jobs import do_fail_job, do_start_job, do_sweep_jobs
from annotation.actions.levels import do_measure_levels
from annotation.actions.mailing import do_send_mails
from annotation.actions.measures import do_measure
from annotation.actions.reading import do_remove_unused_files
from annotation.actions.repeats import do_sweep_answers
from annotation.actions.snapshots import do_make_snapshot, do_sweep_snapshots
from annotation.actions.uploads import do_sweep_uploads
from annotation.actions.webhooks import do_deliver, do_sweep_deliveries
from annotation.models import Job

logger = logging.getLogger(__name__)


@shared_task(name="annotation.sweep", queue="io", ignore_result=True, soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """Every ten seconds: find what was lost."""
    do_sweep_jobs()
    do_sweep_uploads()
    do_sweep_exports()
    do_sweep_snapshots()
    do_sweep_answers()
    do_sweep_deliveries()
    do_send_mails()
    do_sweep_holds()
    do_count_everywhere()
    do_measure_levels()


@shared_task(name="annotation.compare", queue="io", ignore_result=True, soft_time_limit=600, time_limit=660)
def compare() -> None:
    """Every ten seconds: compare annotations of one image that were handed in or changed. One that breaks leaves the
    others alone."""
    for image_id, state in get_changed():
        try:
            do_compare(image_id, state)
        except Exception:
            logger.exception("The annotations of image %s could not be compared", image_id)


@shared_task(name="annotation.clean_storage", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def clean_storage() -> None:
    """Once a day: remove the files of what was deleted long ago."""
    do_remove_unused_files(before=timezone.now() - timedelta(days=settings.KEEP_DELETED_DAYS))


@shared_task(name="annotation.import_upload", queue="io", ignore_result=True, soft_time_limit=7200, time_limit=7300)
def import_upload(job_id: str) -> None:
    """Turn an upload whose last byte has come into an image."""
    try:
        do_import_upload(UUID(job_id))
    except Exception:
        logger.exception("Import job %s broke", job_id)
        do_fail_import(UUID(job_id))


@shared_task(name="annotation.deliver", queue="io", ignore_result=True, soft_time_limit=60, time_limit=70)
def deliver(delivery_id: str) -> None:
    """Tell a webhook something. What breaks here is tried again like what is not answered."""
    try:
        do_deliver(UUID(delivery_id))
    except Exception:
        logger.exception("Delivery %s broke", delivery_id)


def _run(job_id: str, do: Callable[[Job], None], *, what: str) -> None:
    """Do a job. A second delivery finds it claimed and does nothing."""
    job = do_start_job(UUID(job_id))
    if job is None:
        return
    try:
        do(job)
    except Exception:
        logger.exception("The %s %s failed", what, job.pk)
        message = f"Something went wrong while making the {what}. If it happens again, ask your administrator."
        do_fail_job(job.pk, job.attempt, message=message, permanent=False)


@shared_task(name="annotation.reread_image", queue="io", ignore_result=True, soft_time_limit=7200, time_limit=7300)
def reread_image(job_id: str) -> None:
    """Read an image's original in another way."""
    _run(job_id, do_reread_image, what="image")


@shared_task(name="annotation.export_project", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def export_project(job_id: str) -> None:
    """Write an export's zip file."""
    _run(job_id, do_run_export, what="export")


@shared_task(name="annotation.make_snapshot", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def make_snapshot(job_id: str) -> None:
    """Freeze a project."""
    _run(job_id, do_make_snapshot, what="snapshot")


@shared_task(name="annotation.read_annotations", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def read_annotations(job_id: str) -> None:
    """Look into a file of annotations."""
    _run(job_id, do_read_annotations, what="list of what the file holds")


@shared_task(name="annotation.add_annotations", queue="io", ignore_result=True, soft_time_limit=3600, time_limit=3700)
def add_annotations(job_id: str) -> None:
    """Add what was read."""
    _run(job_id, do_add_annotations, what="new cells")


@shared_task(name="annotation.measure_cells", queue="io", ignore_result=True, soft_time_limit=7200, time_limit=7300)
def measure_cells(job_id: str) -> None:
    """Measure the cells of a project that have changed."""
    _run(job_id, do_measure, what="measurements")
