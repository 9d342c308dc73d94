"""The only caller of Celery. Everything is sent after the commit; where the broker is down the row stays queued and the
sweeper sends it again (R16)."""

from __future__ import annotations

import logging
import time
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from annotation.events import embed_address
from annotation.imaging.layout import store_of
from annotation.imaging.shown_plane import shown_plane
from annotation.models import Image, Job, JobKind
from annotation.protocol import Prompt, PromptSet, Tune
from annotation.queries import get_recipe

logger = logging.getLogger(__name__)

_TASKS = {
    JobKind.IMPORT: ("annotation.import_upload", "io"),
    JobKind.REREAD: ("annotation.reread_image", "io"),
    JobKind.EXPORT: ("annotation.export_project", "io"),
    JobKind.SNAPSHOT: ("annotation.make_snapshot", "io"),
    JobKind.READ: ("annotation.read_annotations", "io"),
    JobKind.ADD: ("annotation.add_annotations", "io"),
    JobKind.MEASURE: ("annotation.measure_cells", "io"),
    JobKind.SEGMENT: ("inference.segment", "batch"),
}
PROMPT_SECONDS = 10
"""Nobody waits longer for a preview."""


def image_contract(image: Image, t: int, z: int, *, engine: str) -> dict[str, Any]:
    """inference.contracts.ImageRef as JSON: what this engine gets of slice ``z`` of frame ``t``. Raises AppError where
    the project's recipe asks for channels that the image has not."""
    plane = shown_plane(image, t, z, get_recipe(image.project_id, engine))
    view = {"t": plane.t, "z": plane.z, "channels": list(plane.channels), "projection": plane.projection}
    return {
        "path": str(store_of(image.folder)),
        "sha256": image.pixels_sha256,
        "height": image.height,
        "width": image.width,
        "view": {**view, "ranges": [list(limits) for limits in plane.ranges]},
    }


def _publish(task: str, argument: Any, *, queue: str, expires: float | None = None) -> bool:
    try:
        # Celery would spell out the arguments for its own display, which nobody looks at and every click waits for.
        current_app.send_task(
            task, args=[argument], queue=queue, expires=expires, argsrepr="(…)", kwargsrepr="{}", retry=False
        )
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s was not queued, it will be tried again: %s", task, error)
        return False
    return True


def enqueue_job(job: Job) -> None:
    """Have a worker do the job, once its row is committed."""
    task, queue = _TASKS[JobKind(job.kind)]
    argument: Any = str(job.pk)
    if job.kind == JobKind.SEGMENT:
        assert job.image is not None  # noqa: S101 - only images are segmented
        argument = {
            "job_id": str(job.pk),
            "attempt": job.attempt + 1,
            "engine": job.params["engine"],
            "image": image_contract(
                job.image, job.params.get("t", 0), job.params.get("z", 0), engine=job.params["engine"]
            ),
            "params": job.params["params"],
        }
    transaction.on_commit(lambda: _publish(task, argument, queue=queue))


def enqueue_delivery(delivery_id: UUID) -> None:
    """Have a webhook told, once that is committed."""
    transaction.on_commit(lambda: _publish("annotation.deliver", str(delivery_id), queue="io"))


def enqueue_embed(image: Image, engine: str, *, t: int, z: int) -> None:
    """Have the plane's embedding ready for clicks. There is no row: the store on disk is the truth, and doing it twice
    costs nothing."""
    request = {
        "job_id": None,
        "reply_to": embed_address(image.pk, t, z),
        "engine": engine,
        "image": image_contract(image, t, z, engine=engine),
    }
    transaction.on_commit(lambda: _publish("inference.embed", request, queue="embed", expires=3600))


def send_hold(pixels: list[str]) -> bool:
    """Images with these hashes are open: the workers keep what they know of them. Sent again every few minutes."""
    return _publish("inference.hold", {"pixels": pixels}, queue="click", expires=300)


def _asked(image: Image, *, channel: str, message: Prompt | Tune) -> dict[str, Any]:
    return {
        "reply_to": channel,
        "prompt_id": message.number,
        "sent_at": time.time(),
        "engine": message.engine,
        "image": image_contract(image, message.t, message.z, engine=message.engine),
    }


def _prompts_contract(prompts: PromptSet) -> dict[str, Any]:
    """inference.contracts.Prompts as JSON: a stroke's places are pairs of row and column there."""
    strokes = [
        {"places": [[place.row, place.col] for place in stroke.places], "positive": stroke.positive}
        for stroke in prompts.scribbles
    ]
    return {**prompts.model_dump(mode="json", exclude={"scribbles"}), "scribbles": strokes}


def send_prompt(image: Image, prompt: Prompt, *, channel: str) -> bool:
    """Ask for a preview, now. False when the broker is down."""
    asked = _asked(image, channel=channel, message=prompt)
    request = {**asked, "prompts": _prompts_contract(prompt.prompts)}
    return _publish("inference.predict", request, queue="click", expires=PROMPT_SECONDS)


def send_tune(image: Image, tune: Tune, *, channel: str) -> bool:
    """Ask for the cells at other thresholds, now. False when the broker is down."""
    asked = _asked(image, channel=channel, message=tune)
    request = {**asked, "params": tune.params.model_dump(mode="json", exclude_none=True)}
    return _publish("inference.tune", request, queue="click", expires=PROMPT_SECONDS)
