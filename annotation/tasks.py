"""Background work of the domain on the `io` queue: parse → action. Inference has its own tasks."""

from __future__ import annotations

from celery import shared_task  # noqa: TID251 - the domain's tasks are declared here and nowhere else

from annotation.actions.jobs import do_sweep_jobs


@shared_task(name="annotation.sweep", queue="io", ignore_result=True, soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """Every ten seconds: find what was lost."""
    do_sweep_jobs()
