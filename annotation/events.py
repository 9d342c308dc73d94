"""The only caller of the channel layer. What is sent here is a hint: the operation log is the truth, and every hint
carries the image's clock, so that a lost one is noticed (R7). A channel layer that is down never fails a save (R8)."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from functools import cache, partial
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from annotation.news import News
from annotation.protocol import (
    CommentsChanged,
    FiguresChanged,
    JobUpdate,
    Message,
    Notified,
    Patch,
    PeopleChanged,
    Presence,
    Preview,
    Proposal,
    Refusal,
    RegionsChanged,
)

logger = logging.getLogger(__name__)

FIGURES_EVERY_S = 2.0


def image_group(image_id: UUID) -> str:
    """The group of everybody who has the image open."""
    return f"image.{image_id.hex}"


def person_group(user_id: int) -> str:
    """The group of all pages that a person has open."""
    return f"person.{user_id}"


def project_group(project_id: UUID) -> str:
    """The group of everybody who has a page of the project open."""
    return f"project.{project_id.hex}"


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


async def _tell(image_id: UUID, text: str) -> None:
    await _deliver(get_channel_layer().group_send(image_group(image_id), {"type": "on.news", "text": text}))


_news = News(_tell)
"""Used in _loop() only."""


def _send_now(send: Coroutine[Any, Any, None]) -> None:
    """Somebody waits for this: let the sending thread run instead of whatever the worker does next."""
    asyncio.run_coroutine_threadsafe(_deliver(send), _loop()).result()


def _to_group(group: str, event: dict[str, Any]) -> None:
    _send(get_channel_layer().group_send(group, event))


def send_patch(image_id: UUID, patch: Patch) -> None:
    """Tell everybody in the image of an operation, once it is committed."""
    text, clock = patch.model_dump_json(), patch.clock
    add = partial(_news.add_patch, image_id, text, clock=clock)
    transaction.on_commit(lambda: _loop().call_soon_threadsafe(add))


def send_presence(image_id: UUID, presence: Presence) -> None:
    """Tell everybody in the image where somebody points, what they hold, or that they left."""
    client_id, text = presence.member.client_id, presence.model_dump_json()
    _loop().call_soon_threadsafe(_news.add_presence, image_id, client_id, presence.event, text)


def send_job(image_id: UUID, update: JobUpdate) -> None:
    """Tell everybody in the image how far some background work is, once that is committed."""
    event = {"type": "on.job", "text": update.model_dump_json()}
    transaction.on_commit(lambda: _to_group(image_group(image_id), event))


def _hint(group: str, message: Message) -> None:
    """Say it to the group once what it tells of is committed."""
    event = {"type": "on.hint", "text": message.model_dump_json()}
    transaction.on_commit(lambda: _to_group(group, event))


def send_regions_changed(image_id: UUID) -> None:
    """Tell everybody in the image that its regions are other ones."""
    _hint(image_group(image_id), RegionsChanged(type="regions"))


def send_comments_changed(image_id: UUID) -> None:
    """Tell everybody in the image that its comments are other ones."""
    _hint(image_group(image_id), CommentsChanged(type="comments"))


def send_notified(user_id: int, *, unread: int, text: str = "") -> None:
    """Tell all pages of a person what they have not seen."""
    _hint(person_group(user_id), Notified(type="notified", unread=unread, text=text))


def send_people_changed(project_id: UUID) -> None:
    """Tell everybody on the project's pages that others are here, or elsewhere."""
    _hint(project_group(project_id), PeopleChanged(type="people"))


_figures_waiting: set[UUID] = set()
"""Projects whose pages are about to be told. Used in _loop() only."""


def send_figures_changed(project_id: UUID) -> None:
    """Tell everybody on the project's pages that what dashboards count has changed; what changes within
    FIGURES_EVERY_S is told at once."""
    transaction.on_commit(lambda: _loop().call_soon_threadsafe(_tell_figures, project_id))


def _tell_figures(project_id: UUID) -> None:
    if project_id not in _figures_waiting:
        _figures_waiting.add(project_id)
        asyncio.get_running_loop().call_later(FIGURES_EVERY_S, _figures_now, project_id)


def _figures_now(project_id: UUID) -> None:
    _figures_waiting.discard(project_id)
    event = {"type": "on.hint", "text": FiguresChanged(type="figures").model_dump_json()}
    _send(get_channel_layer().group_send(project_group(project_id), event))


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
