"""The Celery application: five queues, so that a project-wide run never makes a click wait."""

from __future__ import annotations

import logging
import os

from celery import Celery
from celery.signals import celeryd_init, worker_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

logger = logging.getLogger(__name__)

QUEUES = ("click", "embed", "batch", "train", "io")

app = Celery("cytomark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in QUEUES]
app.autodiscover_tasks(["annotation", "inference"])


@celeryd_init.connect
def warm_up(sender: str, **_: object) -> None:
    """Load the default engine before the first task: it would be the slowest otherwise. ``sender`` is QUEUE@host."""
    from django.conf import settings

    queue = sender.partition("@")[0]
    if queue in ("click", "embed"):
        from inference.tasks import warm

        for problem in warm([settings.DEFAULT_ENGINE], queue=queue).values():
            logger.warning(problem)


@worker_init.connect
def connect_replies(**_: object) -> None:
    """Inference answers through a port; here it gets the one that writes rows and notifies browsers."""
    from annotation.replies import AnnotationReplies
    from inference.ports import set_reply_port

    set_reply_port(AnnotationReplies())
