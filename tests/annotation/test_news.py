"""What happens in an image is gathered: nothing of it is lost, and pointers wait for operations."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from annotation import news
from annotation.news import News
from annotation.protocol import SERVER, Member, Patch, Presence

IMAGE = uuid.uuid4()


def patch(clock: int) -> str:
    return Patch(
        type="patch", clock=clock, operation=uuid.uuid4(), kind="edit", actor="ann", cells=[], removed=[]
    ).model_dump_json()


def moved(client_id: uuid.UUID, row: float) -> str:
    member = Member(client_id=client_id, user_id=1, name="ann", colour="#ffffff")
    return Presence(type="presence", event="moved", member=member, row=row, col=0).model_dump_json()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(news, "GATHER_S", 0.005)
    return []


def make_news(told: list, *, slow: float = 0.0) -> News:
    async def send(image_id: uuid.UUID, text: str) -> None:
        await asyncio.sleep(slow)
        told.append(SERVER.validate_json(text))

    return News(send)


async def end(gathered: News) -> None:
    await asyncio.gather(*gathered._tasks)


async def test_one_operation_goes_out_at_once_and_as_itself(told: list) -> None:
    gathered = make_news(told)
    gathered.add_patch(IMAGE, patch(1), clock=1)
    await asyncio.sleep(0.002)
    assert [message.type for message in told] == ["patch"]
    await end(gathered)
    assert len(told) == 1
    assert gathered._rooms == {}


async def test_many_are_few_broadcasts_in_order(told: list) -> None:
    gathered = make_news(told)
    for clock in range(1, 51):
        gathered.add_patch(IMAGE, patch(clock), clock=clock)
        if clock % 25 == 0:
            await asyncio.sleep(0.001)
    await end(gathered)
    clocks = [one.clock for message in told for one in getattr(message, "patches", [message])]
    assert clocks == list(range(1, 51))
    assert len(told) == 2
    assert told[-1].clock == 50


async def test_of_a_pointer_only_the_newest_place_is_told_and_it_waits_while_the_layer_is_slow(told: list) -> None:
    gathered, ann = make_news(told, slow=0.01), uuid.uuid4()
    for clock in range(1, 5):
        gathered.add_patch(IMAGE, patch(clock), clock=clock)
        for row in range(100):
            gathered.add_presence(IMAGE, ann, "moved", moved(ann, row))
        await asyncio.sleep(0.004)
    await end(gathered)
    places = [one for message in told for one in getattr(message, "presence", [])]
    places += [message for message in told if message.type == "presence"]
    assert 1 <= len(places) <= 3
    assert places[-1].row == 99


async def test_what_is_too_large_is_left_out_but_its_clock_is_told(told: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "MAX_BROADCAST", len(patch(1)) * 2 + 10)
    gathered = make_news(told)
    for clock in range(1, 5):
        gathered.add_patch(IMAGE, patch(clock), clock=clock)
    await end(gathered)
    (message,) = told
    assert ([one.clock for one in message.patches], message.clock) == ([1, 2], 4)


async def test_images_do_not_wait_for_each_other(told: list) -> None:
    gathered = make_news(told, slow=0.005)
    for _ in range(10):
        gathered.add_patch(uuid.uuid4(), patch(1), clock=1)
    await asyncio.sleep(0.02)
    assert len(told) == 10
    await end(gathered)
