"""What workers know of an image stays as long as somebody has it open."""

from __future__ import annotations

from typing import Any

import pytest

from annotation import jobs, sockets
from annotation.queries import OpenSocket
from tests.factories import make_image, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


async def test_open_images_are_held_every_few_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, Any, str]] = []
    monkeypatch.setattr(
        jobs, "_publish", lambda task, argument, *, queue, expires: sent.append((task, argument, queue)) or True
    )
    monkeypatch.setattr(sockets, "_open", {})
    await sockets.hold_images()
    assert sent == []
    open_sockets, pixels = await sockets.in_database(two_open_images)
    monkeypatch.setattr(sockets, "_open", dict(enumerate(open_sockets)))
    await sockets.hold_images()
    [(task, argument, queue)] = sent
    assert (task, queue) == ("inference.hold", "click")
    assert sorted(argument["pixels"]) == sorted(pixels)


def two_open_images() -> tuple[list[OpenSocket], list[str]]:
    """Two tabs in one image, one in another."""
    user = make_user()
    images = [make_image(make_project(user)) for _ in range(3)]
    return [OpenSocket("", user.pk, images[at].pk) for at in (0, 0, 1)], [image.pixels_sha256 for image in images[:2]]
