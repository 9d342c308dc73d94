"""The socket: who may open it, what each role may say, what hostile input gets, and how it survives trouble."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from annotation import consumers, sockets
from annotation.models import Image, Membership, Operation, Project, Role, User
from annotation.protocol import VERSION
from tests.annotation.tabs import SERVER, Page, run
from tests.factories import Tab, create, delete, make_image, make_project, make_user, square

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def allowed_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
async def image(allowed_host: None) -> Image:
    return await run(lambda: make_image(make_project()))


@pytest.fixture
async def pages(image: Image) -> AsyncIterator[Any]:
    opened: list[Page] = []

    async def make(role: Role | None = Role.ANNOTATOR, **kwargs: Any) -> Page:
        page = await run(_page, image, role, kwargs)
        opened.append(page)
        assert await page.open()
        return page

    yield make
    for page in opened:
        await page.socket.disconnect()


def _page(image: Image, role: Role | None, kwargs: dict[str, Any]) -> Page:
    user = make_user()
    if role is not None:
        Membership.objects.create(project=image.project, user=user, role=role)
    return Page(user, image.pk, **kwargs)


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

CLIENT_ID = str(uuid.uuid4())
MESSAGES: dict[str, dict[str, Any]] = {
    "hello": {"type": "hello", "protocol": VERSION, "client_id": CLIENT_ID, "clock": None},
    "push": json.loads(Tab().push(create(square(5, 5))).model_dump_json()),
    "prompt": {"type": "prompt", "number": 1, "engine": "starter", "prompts": {"points": []}},
    "tune": {"type": "tune", "number": 1, "engine": "starter", "params": {"cell_probability": 0.5}},
    "prepare": {"type": "prepare", "engine": "starter"},
    "cancel": {"type": "cancel", "number": 1},
    "cursor": {"type": "cursor", "row": 1.0, "col": 2.0},
    "hold": {"type": "hold", "cells": [CLIENT_ID]},
    "ping": {"type": "ping"},
}
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


# --- hostile input ----------------------------------------------------------------------------------------------------

DEEP = "[" * 10_000 + "]" * 10_000
PUSH = MESSAGES["push"]
STROKE = {"places": [{"row": 1, "col": 1}], "positive": True}


def _prompt(**prompts: Any) -> dict[str, Any]:
    return {**MESSAGES["prompt"], "prompts": prompts}


HOSTILE: dict[str, str] = {
    "nothing": "",
    "not json": "hello",
    "not an object": "[]",
    "no type": "{}",
    "unknown type": '{"type": "drop"}',
    "extra field": json.dumps({**MESSAGES["ping"], "admin": True}),
    "prototype": '{"type": "ping", "__proto__": {"x": 1}}',
    "depth": DEEP,
    "nan": '{"type": "cursor", "row": NaN, "col": 1}',
    "infinity": '{"type": "cursor", "row": Infinity, "col": 1}',
    "huge number": '{"type": "cursor", "row": 1e308, "col": 1}',
    "seeing beyond measure": json.dumps(
        {**MESSAGES["cursor"], "seen": {"top": 1e9, "left": 0, "bottom": 1, "right": 1}}
    ),
    "hold of too many": json.dumps({**MESSAGES["hold"], "cells": [CLIENT_ID] * 17}),
    "hold of no cell": json.dumps({**MESSAGES["hold"], "cells": ["all"]}),
    "truncated": json.dumps(PUSH)[:-20],
    "hello without id": json.dumps({"type": "hello", "protocol": VERSION}),
    "hello with a negative clock": json.dumps({**MESSAGES["hello"], "clock": -1}),
    "push of nothing": json.dumps({**PUSH, "changes": []}),
    "push of both": json.dumps({**PUSH, "undo": CLIENT_ID}),
    "push numbered zero": json.dumps({**PUSH, "seq": 0}),
    "push twice the same cell": json.dumps({**PUSH, "changes": PUSH["changes"] * 2}),
    "push too many": json.dumps({**PUSH, "changes": [{"change": "delete", "id": CLIENT_ID, "base_version": 1}] * 4097}),
    "prompt with too many points": json.dumps(
        {**MESSAGES["prompt"], "prompts": {"points": [{"row": 1, "col": 1, "positive": True}] * 65}}
    ),
    "prompt with too many scribbles": json.dumps(_prompt(scribbles=[STROKE] * 17)),
    "scribble of too many places": json.dumps(_prompt(scribbles=[{**STROKE, "places": STROKE["places"] * 257}])),
    "scribble of nothing": json.dumps(_prompt(scribbles=[{**STROKE, "places": []}])),
    "scribble outside": json.dumps(_prompt(scribbles=[{**STROKE, "places": [{"row": -1, "col": 0}]}])),
    "scribble of pairs": json.dumps(_prompt(scribbles=[{**STROKE, "places": [[1, 2]]}])),
    "prompt with a bomb for a mask": json.dumps(
        _prompt(mask={"top": 0, "left": 0, "height": 100_000, "width": 100_000, "counts": [0, 4]})
    ),
    "tune of an unknown parameter": json.dumps({**MESSAGES["tune"], "params": {"cached": True}}),
    "tune beyond measure": json.dumps({**MESSAGES["tune"], "params": {"min_area": 1e12}}),
    "tune with a fraction of a pixel": json.dumps({**MESSAGES["tune"], "params": {"min_area": 1.5}}),
    "tune of nan": '{"type": "tune", "number": 1, "engine": "starter", "params": {"flow_error": NaN}}',
    "tune of nothing": json.dumps({"type": "tune", "number": 1, "engine": "starter"}),
    "prepare for an engine without end": json.dumps({"type": "prepare", "engine": "s" * 41}),
    "prompt of no number": json.dumps({**MESSAGES["prompt"], "number": "first"}),
    "cancel of minus one": json.dumps({"type": "cancel", "number": -1}),
    "larger than a message may be": json.dumps({"type": "ping", "x": "a" * 300_000}),
}


def _mask(**mask: Any) -> str:
    change = {**PUSH["changes"][0], "mask": {"top": 0, "left": 0, "height": 2, "width": 2, "counts": [0, 4], **mask}}
    return json.dumps({**PUSH, "changes": [change]})


HOSTILE |= {
    "mask runs too long": _mask(counts=[0, 5]),
    "mask runs too short": _mask(counts=[1, 1]),
    "mask run negative": _mask(counts=[5, -1]),
    "mask run empty": _mask(counts=[0, 2, 0, 2]),
    "mask of nothing": _mask(counts=[4]),
    "mask of no size": _mask(height=0, counts=[]),
    "mask outside": _mask(top=-1),
    "mask a bomb": _mask(height=100_000, width=100_000, counts=[0, 4]),
    "mask of text": _mask(counts="0 4"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_s2_hostile_frames_are_refused_with_a_sentence_and_a_code(pages: Any, name: str) -> None:
    page = await pages()
    await page.hello()
    await page.socket.send_to(text_data=HOSTILE[name])
    refusal = await page.hear("error")
    assert refusal.code in {"bad_request", "too_large"}
    assert len(refusal.message) < 400
    assert await page.closed() == 4400


async def test_s2_binary_frames_are_refused(pages: Any) -> None:
    page = await pages()
    await page.socket.send_to(bytes_data=b"\x00\x01")
    assert await page.closed() == 4400


async def test_s2_a_flood_is_cut_off(pages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(consumers, "MESSAGES_PER_SECOND", 1)
    monkeypatch.setattr(consumers, "MESSAGES_BURST", 10)
    page = await pages()
    for _ in range(20):
        await page.say(MESSAGES["ping"])
    assert await page.closed() == 4429


async def test_r8_without_a_channel_layer_operations_are_still_answered(pages: Any, monkeypatch: Any) -> None:
    page = await pages()
    await page.hello()

    async def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("gone")

    from channels_redis.pubsub import RedisPubSubLoopLayer

    monkeypatch.setattr(RedisPubSubLoopLayer, "group_send", away)
    ack = await page.push(create(square(5, 5)))
    assert ack.outcome == "commit"
    await page.say(MESSAGES["ping"])
    assert (await page.hear("pong")).clock == 1


async def test_r4_a_database_that_is_away_is_no_conflict(pages: Any, monkeypatch: Any) -> None:
    from django.db import OperationalError

    from annotation import sockets

    page = await pages()
    await page.hello()

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr(sockets, "do_push", away)
        refusal = await page.push(create(square(5, 5)))
    assert (refusal.type, refusal.code) == ("error", "retry")
    page.tab.seq = 0
    assert (await page.push(create(square(5, 5)))).outcome == "commit"
