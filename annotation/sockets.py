"""What a socket may ask, each in one hop to the database; and a watch over all open sockets of this process, which
closes those whose owner lost access within two seconds, channel layer or not (S3)."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from annotation import jobs, queries
from annotation.actions.holds import do_hold, do_let_go
from annotation.actions.jobs import job_update
from annotation.actions.operations import do_push
from annotation.actions.undo import get_redoable, get_undoable
from annotation.actions.visits import do_enter, do_leave, do_note_visits
from annotation.database import in_database
from annotation.errors import AppError, ErrorCode
from annotation.events import newest_prompt_key
from annotation.imaging.shown_plane import middle_plane
from annotation.models import Image, Role, User
from annotation.permissions import Action, access_image
from annotation.presence import colour_of
from annotation.protocol import (
    CLOSE_FORBIDDEN,
    CLOSE_NOT_FOUND,
    CLOSE_NOT_SIGNED_IN,
    CLOSE_TOO_OLD,
    VERSION,
    Ack,
    Cancel,
    Hello,
    Hold,
    JobUpdate,
    Notified,
    Pong,
    Prepare,
    Prompt,
    Push,
    Tune,
    Welcome,
)
from annotation.queries import OpenPage, OpenSocket
from inference.cards import CARDS

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
VISIT_SECONDS = 20.0
"""How often it is noted who is in which image; see annotation.actions.assignments.PRESENT."""
HOLD_SECONDS = 240.0
"""An image counts as open for 15 minutes after each of these."""
PACKED_FROM = 32_000
"""Characters of a welcome."""
CLOSES = {
    ErrorCode.NOT_SIGNED_IN: CLOSE_NOT_SIGNED_IN,
    ErrorCode.FORBIDDEN: CLOSE_FORBIDDEN,
    ErrorCode.NOT_FOUND: CLOSE_NOT_FOUND,
    ErrorCode.CLIENT_TOO_OLD: CLOSE_TOO_OLD,
}
"""The refusals after which a socket is of no more use."""


# --- requests ---------------------------------------------------------------------------------------------------------


def _access(socket: OpenSocket, user: User, action: Action) -> tuple[Image, Role]:
    return access_image(user, socket.image_id, action, session_key=socket.session_key)


def check(socket: OpenSocket, user: User) -> None:
    """Raise unless the person may still look at the image."""
    _access(socket, user, Action.VIEW)


def welcome(socket: OpenSocket, user: User, hello: Hello) -> Welcome:
    """What the client missed. Embeddings of this image and the next are asked for, so that the first click is fast."""
    image, role = _access(socket, user, Action.VIEW)
    found = queries.get_catch_up(image.pk, client_id=hello.client_id, clock=hello.clock)
    if hello.clock is None:
        _warm_up(image)
    return Welcome(
        type="welcome",
        protocol=VERSION,
        clock=found.clock,
        user_id=user.pk,
        name=user.username,
        colour=colour_of(user.pk),
        role=role.value,
        last_seq=found.last_seq,
        snapshot=found.snapshot,
        patches=found.patches,
        undoable=get_undoable(image, user),
        redoable=get_redoable(image, user),
    )


def frame_of(told: Welcome, *, unpacks: bool) -> dict[str, str | bytes]:
    """The arguments of a consumer's ``send``. Nothing else is ever long enough for packing to pay."""
    text = told.model_dump_json()
    if unpacks and len(text) > PACKED_FROM:
        return {"bytes_data": gzip.compress(text.encode(), 1, mtime=0)}
    return {"text_data": text}


def open_runs(socket: OpenSocket) -> list[JobUpdate]:
    """What is looking for cells in the image now, for somebody who has just come."""
    return [job_update(job) for job in queries.get_open_runs(socket.image_id)]


def _warm_up(image: Image) -> None:
    following = queries.get_next_image(image)
    for wanted in (image, following):
        if wanted is not None:
            t, z = middle_plane(wanted)
            # What stands against it is said when somebody clicks.
            with suppress(AppError):
                jobs.enqueue_embed(wanted, settings.DEFAULT_ENGINE, t=t, z=z)


def push(socket: OpenSocket, user: User, message: Push) -> Ack:
    """One operation."""
    return do_push(user, socket.image_id, message, session_key=socket.session_key)


def ask(socket: OpenSocket, user: User, channel: str, message: Prompt | Tune) -> None:
    """Ask the click worker; its answer comes through the channel."""
    image, _ = _access(socket, user, Action.ANNOTATE)
    _check_plane(image, message)
    if isinstance(message, Tune):
        sent = jobs.send_tune(image, message, channel=channel)
    else:
        sent = jobs.send_prompt(image, message, channel=channel)
    # After sending: it is for those that wait behind others.
    _note_newest(channel, message.number)
    if not sent:
        raise AppError(ErrorCode.BUSY, "Clicks cannot be answered just now; drawing works. Try again in a moment.")


def cancel(socket: OpenSocket, user: User, channel: str, message: Cancel) -> None:
    """Whatever is still waiting is not worked on."""
    _access(socket, user, Action.ANNOTATE)
    _note_newest(channel, message.number + 1)


def _note_newest(channel: str, number: int) -> None:
    try:
        cache.set(newest_prompt_key(channel), number, timeout=60)
    except (RedisError, OSError):
        logger.warning("An overtaken click could not be noted")


def _check_plane(image: Image, message: Prompt | Tune | Prepare) -> None:
    if not image.has_plane(message.t, message.z):
        raise AppError(ErrorCode.BAD_REQUEST, "The image has no such slice or frame. Reload the page.")


def embed(socket: OpenSocket, user: User, message: Prepare) -> None:
    """Have a plane ready for an engine that has not seen it yet."""
    engine = message.engine
    image, _ = _access(socket, user, Action.ANNOTATE)
    if engine not in CARDS or "prompt" not in CARDS[engine].capabilities:
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no engine “{engine}” that answers clicks. Reload the page.")
    _check_plane(image, message)
    jobs.enqueue_embed(image, engine, t=message.t, z=message.z)


def hold(socket: OpenSocket, user: User, message: Hold, holder: UUID) -> list[UUID]:
    """The cells of these that the tab has now. Raises unless the person may change cells, and where they take some
    over, manages the project."""
    image, role = _access(socket, user, Action.ANNOTATE)
    return do_hold(image, user, message.cells, socket=holder, role=role, take=message.take)


def unread(page: OpenPage, user: User) -> Notified:
    """What the person has not seen. Raises where they may no longer look at the page."""
    for code in queries.refused_pages([page]).values():
        raise AppError(code, "You may no longer look at this page. Reload it.")
    return count_unread(user)


def count_unread(user: User) -> Notified:
    """What the person has not seen."""
    return Notified(type="notified", unread=queries.count_unread(user.pk))


def pong(socket: OpenSocket, user: User) -> Pong:
    """The image's clock."""
    image, _ = _access(socket, user, Action.VIEW)
    return Pong(type="pong", clock=image.clock)


# --- the watch --------------------------------------------------------------------------------------------------------


class Closable(Protocol):
    """A consumer, as far as the watch is concerned."""

    async def close(self, code: int) -> None: ...


_open: dict[Closable, OpenSocket | OpenPage] = {}
_watch: asyncio.Task[None] | None = None


def watch(consumer: Closable, socket: OpenSocket | OpenPage) -> None:
    """Look after this socket until it is forgotten."""
    global _watch
    _open[consumer] = socket
    if _watch is None or _watch.done():
        _watch = asyncio.get_running_loop().create_task(_keep_watching())


def forget(consumer: Closable) -> None:
    """It is closed."""
    _open.pop(consumer, None)


def _in_images() -> list[OpenSocket]:
    return [socket for socket in _open.values() if isinstance(socket, OpenSocket)]


def _on_pages() -> list[OpenPage]:
    return [page for page in _open.values() if isinstance(page, OpenPage)]


def _refused(images: list[OpenSocket], pages: list[OpenPage]) -> dict[OpenSocket | OpenPage, ErrorCode]:
    refused: dict[OpenSocket | OpenPage, ErrorCode] = {}
    if images:
        refused |= dict(queries.refused_sockets(images).items())
    if pages:
        refused |= dict(queries.refused_pages(pages).items())
    return refused


async def check_all() -> None:
    """Close the sockets whose owners may no longer look."""
    try:
        refused = await in_database(_refused, _in_images(), _on_pages())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Open sockets could not be checked: %s", error)
        return
    for consumer, socket in list(_open.items()):
        code = refused.get(socket)
        if code is not None:
            forget(consumer)
            await consumer.close(CLOSES[code])


async def hold_images() -> None:
    """Have the workers keep what they know of the images that are open here."""
    try:
        await in_database(_hold, {socket.image_id for socket in _in_images()})
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Open images could not be looked up: %s", error)


def _hold(image_ids: set[UUID]) -> None:
    pixels = queries.get_pixels(image_ids)
    if pixels:
        jobs.send_hold(pixels)


async def note_visits() -> None:
    """Write down who is in which image, so that nobody else is given it."""
    try:
        images = {(socket.image_id, socket.user_id) for socket in _in_images()}
        pages = {(page.project_id, page.user_id) for page in _on_pages() if page.project_id}
        await in_database(do_note_visits, images, pages)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Who is in which image could not be noted: %s", error)


def _where(seen: OpenSocket | OpenPage) -> dict[str, UUID | None]:
    return {"image_id": seen.image_id} if isinstance(seen, OpenSocket) else {"project_id": seen.project_id}


async def enter(seen: OpenSocket | OpenPage) -> None:
    """Somebody has come; others see it on the project's page."""
    if isinstance(seen, OpenSocket) or seen.project_id:
        await _quietly(do_enter, seen)


async def leave(seen: OpenSocket | OpenPage) -> None:
    """A tab was closed: they are gone from there unless another one shows the same."""
    still = {(type(other), other.user_id, *_where(other).values()) for other in _open.values()}
    here = isinstance(seen, OpenSocket) or seen.project_id
    if here and (type(seen), seen.user_id, *_where(seen).values()) not in still:
        await _quietly(do_leave, seen)


async def let_go(holder: UUID) -> None:
    """Whatever a closed tab was changing is free."""
    try:
        await in_database(do_let_go, holder)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Cells could not be let go of, they are free in a few seconds: %s", error)


async def _quietly(do: Callable[..., None], seen: OpenSocket | OpenPage) -> None:
    try:
        await in_database(do, seen.user_id, **_where(seen))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Who is where could not be noted: %s", error)


async def _keep_watching() -> None:
    held, noted = time.monotonic(), 0.0
    while _open:
        await asyncio.sleep(WATCH_SECONDS)
        await check_all()
        if time.monotonic() - noted > VISIT_SECONDS:
            noted = time.monotonic()
            await note_visits()
        if time.monotonic() - held > HOLD_SECONDS:
            held = time.monotonic()
            await hold_images()
