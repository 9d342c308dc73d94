"""The socket: who may open it, what each role may say and is answered, and when it is closed."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from annotation import sockets
from annotation.models import Image, Membership, Operation, Project, Role, User
from annotation.protocol import VERSION
from tests.annotation.tabs import CLIENT_ID, MESSAGES, SERVER, Page, run
from tests.factories import create, delete, make_project, make_user, square

pytestmark = [pytest.mark.django_db(transaction=True)]


# --- who may come in --------------------------------------------------------------------------------------------------

ORIGINS = [
    ("http://testserver", True),
    ("http://evil.example", False),
    ("http://sub.testserver", False),
    ("null", False),
    ("", False),
    ("http://testserver:9999", False),
    ("https://testserver", False),
    ("http://testserver\x0bOrigin: http://testserver", False),
]


@pytest.mark.parametrize(("origin", "ours"), ORIGINS)
async def test_s1_only_our_own_pages_open_a_socket(image: Image, origin: str, ours: bool) -> None:
    user = await run(make_user)
    page = await run(Page, user, image.pk, origin=origin)
    assert await page.open() is ours
    await page.socket.disconnect()


async def test_s1_a_missing_origin_is_not_ours(image: Image) -> None:
    page = await run(Page, None, image.pk)
    page.socket.scope["headers"] = [header for header in page.socket.scope["headers"] if header[0] != b"origin"]
    assert not await page.open()


async def test_somebody_not_signed_in_is_told_so(image: Image) -> None:
    page = await run(Page, None, image.pk)
    assert await page.open()
    assert await page.closed() == 4401


# --- the permission matrix of messages --------------------------------------------------------------------------------

EDITORS = {Role.OWNER, Role.MANAGER, Role.ANNOTATOR, Role.REVIEWER}
MATRIX: dict[str, set[Role]] = {
    "hello": set(Role),
    "push": EDITORS,
    "prompt": EDITORS,
    "tune": EDITORS,
    "prepare": EDITORS,
    "cancel": EDITORS,
    "cursor": set(Role),
    "hold": EDITORS,
    "ping": set(Role),
}


def test_every_message_is_in_the_matrix() -> None:
    from annotation import protocol

    kinds = {
        option.model_fields["type"].annotation.__args__[0] for option in protocol.ClientMessage.__origin__.__args__
    }
    assert kinds == set(MATRIX) == set(MESSAGES)


@pytest.mark.parametrize("kind", MATRIX)
@pytest.mark.parametrize("role", [*Role, None])
async def test_s4_each_role_says_what_it_may(pages: Any, kind: str, role: Role | None) -> None:
    page = await pages(role)
    if kind in {"cursor", "cancel"} and role is not None:
        await page.hello()
    await page.say(MESSAGES[kind])
    if role in MATRIX[kind]:
        await page.say(MESSAGES["ping"])
        heard = await page.hear("pong", "error")
        assert heard.type == "pong"
    else:
        assert await page.closed() == (4403 if role else 4404)
        assert await run(Operation.objects.count) == 0


async def test_s4_a_manager_of_another_project_is_a_stranger(pages: Any, image: Image) -> None:
    page = await pages(None)
    await run(lambda: make_project(User.objects.latest("pk")))
    await page.say(MESSAGES["hello"])
    assert await page.closed() == 4404


# --- what they say is answered ----------------------------------------------------------------------------------------


async def test_everybody_in_the_image_sees_an_operation_the_sender_too(pages: Any) -> None:
    ann, bo = await pages(), await pages()
    await ann.hello()
    await bo.hello()
    ack = await ann.push(create(square(5, 5)))
    assert (ack.outcome, ack.clock) == ("commit", 1)
    seen = await bo.hear("patch")
    assert (seen.clock, seen.cells) == (1, ack.cells)


async def test_a_gap_is_healed_by_hello(pages: Any) -> None:
    ann = await pages()
    await ann.hello()
    for left in (1, 21, 41):
        await ann.push(create(square(5, left)))
    late = await pages()
    welcome = await late.hello(clock=1)
    assert [patch.clock for patch in welcome.patches] == [2, 3]
    assert welcome.snapshot is None
    whole = await late.hello()
    assert len(whole.snapshot) == 3


async def test_a_long_welcome_is_packed_for_those_who_can_unpack_it(pages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sockets, "PACKED_FROM", 100)
    ann, bo = await pages(), await pages()
    told = await ann.hello()
    hello = {"type": "hello", "protocol": VERSION, "client_id": CLIENT_ID, "unpacks": True}
    await bo.say(hello)
    output = await bo.socket.receive_output(timeout=5)
    again = SERVER.validate_json(gzip.decompress(output["bytes"]))
    assert (again.type, again.snapshot, again.clock) == ("welcome", told.snapshot, told.clock)


async def test_people_see_each_other(pages: Any) -> None:
    ann, bo = await pages(), await pages()
    await ann.hello()
    await bo.hello()
    assert (await ann.hear("presence")).event == "here"
    assert (await bo.hear("presence")).member.client_id == ann.tab.client_id
    await ann.say({"type": "cursor", "row": 3.5, "col": 4.5})
    # Who came is told once by the newcomer's greeting and once by the answer, whichever is first.
    while (moved := await bo.hear("presence")).event == "here":
        pass
    assert (moved.event, moved.row, moved.col) == ("moved", 3.5, 4.5)
    await ann.socket.disconnect()
    while (last := await bo.hear("presence")).event == "here":
        pass
    assert last.event == "left"


async def test_people_hear_what_somebody_holds_and_only_managers_take_it(pages: Any) -> None:
    ann, boss = await pages(), await pages(Role.MANAGER)
    await ann.hello()
    await boss.hello()
    await ann.push(change := create(square(5, 5)))
    hold = {"type": "hold", "cells": [str(change.id)]}
    await ann.say(hold)
    while (held := await boss.hear("presence")).event != "holds":
        pass
    assert (held.cells, held.take) == ([change.id], False)
    assert (await boss.push(delete(change.id))).code == "held"
    await ann.say({**hold, "take": True})
    assert (await ann.hear("error")).code == "locked"
    await boss.say({**hold, "take": True})
    while not (taken := await ann.hear("presence")).take:
        pass
    assert taken.member.client_id == boss.tab.client_id
    assert (await ann.push(delete(change.id))).code == "held"
    await boss.socket.disconnect()
    assert (await ann.push(delete(change.id))).outcome == "commit"


async def test_an_old_page_is_asked_to_reload(pages: Any) -> None:
    page = await pages()
    await page.say({**MESSAGES["hello"], "protocol": VERSION - 1})
    assert await page.closed() == 4409


# --- revocation -------------------------------------------------------------------------------------------------------

CAUSES = {
    "signed out": lambda page, user: Session.objects.filter(session_key=page.session_key).delete(),
    "account disabled": lambda page, user: User.objects.filter(pk=user.pk).update(is_active=False),
    "removed": lambda page, user: Membership.objects.filter(user=user).delete(),
    "demoted": lambda page, user: Membership.objects.filter(user=user).update(role=Role.VIEWER),
    "project deleted": lambda page, user: Project.objects.update(deleted_at="2026-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("cause", CAUSES)
async def test_s3_the_next_operation_is_refused(pages: Any, cause: str) -> None:
    page = await pages()
    await page.hello()
    await page.push(create(square(5, 5)))
    user = await run(User.objects.latest, "pk")
    await run(CAUSES[cause], page, user)
    assert (await page.push(create(square(30, 30)))).type == "error"
    assert await page.closed() in {4401, 4403, 4404}
    assert await run(Operation.objects.count) == 1


@pytest.mark.parametrize("cause", CAUSES)
async def test_s3_a_silent_socket_is_closed_within_two_seconds(pages: Any, cause: str) -> None:
    page = await pages()
    await page.hello()
    user = await run(User.objects.latest, "pk")
    await run(CAUSES[cause], page, user)
    assert await page.closed(within=2.5) == (4401 if cause == "signed out" else 4403)


async def test_s3_a_new_role_is_told_by_the_next_socket(pages: Any) -> None:
    page = await pages(Role.VIEWER)
    assert (await page.hello()).role == "viewer"
    user = await run(User.objects.latest, "pk")
    await run(lambda: Membership.objects.filter(user=user).update(role=Role.ANNOTATOR))
    assert await page.closed(within=2.5) == 4403
    again = await run(Page, user, page.image_id)
    assert await again.open()
    assert (await again.hello()).role == "annotator"
    await again.socket.disconnect()
