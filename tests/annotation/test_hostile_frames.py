"""Frames that no page of ours would send, and a server that is in trouble."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotation import consumers, sockets
from annotation.protocol import VERSION
from tests.annotation.tabs import CLIENT_ID, MESSAGES
from tests.factories import create, square

pytestmark = [pytest.mark.django_db(transaction=True)]


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
