"""The only caller of the channel layer. What is sent here is a hint: the operation log is the truth, and every hint
carries the image's clock, so that a lost one is noticed (R7). A channel layer that is down never fails a save (R8)."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from annotation.protocol import JobUpdate, Patch, Preview, Proposal, Refusal, RegionsChanged

logger = logging.getLogger(__name__)

MAX_EVENT_BYTES = 512 * 1024
"""A larger patch is not sent along: clients see the clock and ask for it."""


def image_group(image_id: UUID) -> str:
    """The group of everybody who has the image open."""
    return f"image.{image_id.hex}"


def embed_address(image_id: UUID, t: int, z: int) -> str:
    """Where a worker answers how the embedding of a plane comes along."""
    return f"{image_id}/{t}/{z}"


def plane_of_address(address: str) -> tuple[UUID, int, int]:
    """The image, frame and slice of an ``embed_address``."""
    image_id, t, z = address.split("/")
    return UUID(image_id), int(t), int(z)


def newest_prompt_key(channel: str) -> str:
    """Where the cache has the number of a tab's newest prompt."""
    return f"prompt.{channel}"


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One event loop per process for sending: the layer keeps its connections per loop, and a new loop for each message
    would mean a new connection for each."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="events", daemon=True).start()
    return loop


async def _deliver(send: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.wait_for(send, timeout=2)
    except (RedisError, OSError, TimeoutError) as error:
        logger.warning("A notification was not sent, clients will catch up: %s", error)


def _send(send: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(_deliver(send), _loop())


def _send_now(send: Coroutine[Any, Any, None]) -> None:
    """Somebody waits for this: let the sending thread run instead of whatever the worker does next."""
    asyncio.run_coroutine_threadsafe(_deliver(send), _loop()).result()


def _to_group(group: str, event: dict[str, Any]) -> None:
    _send(get_channel_layer().group_send(group, event))


def send_patch(image_id: UUID, patch: Patch) -> None:
    """Tell everybody in the image of an operation, once it is committed."""
    text = patch.model_dump_json()
    event = {"type": "on.patch", "clock": patch.clock, "text": text if len(text) <= MAX_EVENT_BYTES else None}
    transaction.on_commit(lambda: _to_group(image_group(image_id), event))


def send_job(image_id: UUID, update: JobUpdate) -> None:
    """Tell everybody in the image how far some background work is, once that is committed."""
    event = {"type": "on.job", "text": update.model_dump_json()}
    transaction.on_commit(lambda: _to_group(image_group(image_id), event))


def send_regions_changed(image_id: UUID) -> None:
    """Tell everybody in the image that its regions are other ones, once that is committed."""
    event = {"type": "on.regions", "text": RegionsChanged(type="regions").model_dump_json()}
    transaction.on_commit(lambda: _to_group(image_group(image_id), event))


def send_members_changed(project_image_ids: list[UUID]) -> None:
    """Have open sockets of these images look at their permission now instead of at their next message (S3)."""
    for image_id in project_image_ids:
        group = image_group(image_id)
        transaction.on_commit(lambda group=group: _to_group(group, {"type": "on.recheck"}))  # type: ignore[misc]


def send_answer(channel: str, answer: Preview | Proposal | Refusal) -> None:
    """Answer one tab's prompt or tune; ``channel`` is the name that its consumer gave."""
    last = answer.last if isinstance(answer, Proposal) else True
    event = {"type": "on.answer", "number": answer.number, "last": last, "text": answer.model_dump_json()}
    _send_now(get_channel_layer().send(channel, event))


def send_not_ready(channel: str, number: int) -> None:
    """The tab's prompt or tune has to wait until the image is embedded."""
    _send(get_channel_layer().send(channel, {"type": "on.not.ready", "number": number}))
