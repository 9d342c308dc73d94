"""What a socket may ask, each in one hop to the database; and a watch over all open sockets of this process, which
closes those whose owner lost access within two seconds, channel layer or not (S3)."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from annotation import jobs, queries
from annotation.actions.assignments import do_note_visits
from annotation.actions.jobs import job_update
from annotation.actions.operations import do_push
from annotation.actions.undo import get_redoable, get_undoable
from annotation.database import in_database
from annotation.errors import AppError, ErrorCode
from annotation.events import newest_prompt_key
from annotation.imaging.shown_plane import middle_plane
from annotation.models import Image, Role, User
from annotation.permissions import ALLOWED, Action, access_image
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
    Pong,
    Prepare,
    Prompt,
    Push,
    Tune,
    Welcome,
)
from annotation.queries import OpenSocket
from inference.cards import CARDS

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
VISIT_SECONDS = 20.0
"""How often it is noted who is in which image; see annotation.actions.assignments.PRESENT."""
HOLD_SECONDS = 240.0
"""An image counts as open for 15 minutes after each of these."""
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


def hold(socket: OpenSocket, user: User, message: Hold) -> None:
    """Raise unless the person may change cells, and where they take some over, manages the project."""
    _, role = _access(socket, user, Action.ANNOTATE)
    if message.take and role not in ALLOWED[Action.MANAGE]:
        sentence = "Only managers can take a cell over from somebody. Wait until they let go, or ask them."
        raise AppError(ErrorCode.LOCKED, sentence)


def pong(socket: OpenSocket, user: User) -> Pong:
    """The image's clock."""
    image, _ = _access(socket, user, Action.VIEW)
    return Pong(type="pong", clock=image.clock)


# --- the watch --------------------------------------------------------------------------------------------------------


class Closable(Protocol):
    """A consumer, as far as the watch is concerned."""

    async def close(self, code: int) -> None: ...


_open: dict[Closable, OpenSocket] = {}
_watch: asyncio.Task[None] | None = None


def watch(consumer: Closable, socket: OpenSocket) -> None:
    """Look after this socket until it is forgotten."""
    global _watch
    _open[consumer] = socket
    if _watch is None or _watch.done():
        _watch = asyncio.get_running_loop().create_task(_keep_watching())


def forget(consumer: Closable) -> None:
    """It is closed."""
    _open.pop(consumer, None)


async def check_all() -> None:
    """Close the sockets whose owners may no longer look."""
    try:
        refused = await in_database(queries.refused_sockets, list(_open.values()))
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
        await in_database(_hold, {socket.image_id for socket in _open.values()})
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Open images could not be looked up: %s", error)


def _hold(image_ids: set[UUID]) -> None:
    pixels = queries.get_pixels(image_ids)
    if pixels:
        jobs.send_hold(pixels)


async def note_visits() -> None:
    """Write down who is in which image, so that nobody else is given it."""
    try:
        await in_database(do_note_visits, {(socket.image_id, socket.user_id) for socket in _open.values()})
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Who is in which image could not be noted: %s", error)


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
