"""The Celery application: five queues, so that a project-wide run never makes a click wait."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import worker_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

QUEUES = ("click", "embed", "batch", "train", "io")

app = Celery("cytomark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in QUEUES]
app.autodiscover_tasks(["annotation", "inference"])


@worker_init.connect
def connect_replies(**_: object) -> None:
    """Inference answers through a port; here it gets the one that writes rows and notifies browsers."""
    from annotation.replies import AnnotationReplies
    from inference.ports import set_reply_port

    set_reply_port(AnnotationReplies())
