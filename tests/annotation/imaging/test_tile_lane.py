"""The short way of tiles answers what the ordinary one does, and forgets what is taken away within two seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from asgiref.testing import ApplicationCommunicator
from django.contrib.sessions.models import Session
from django.test import Client

from annotation.actions.imports import do_import_file
from annotation.models import Image, Membership, Project, User
from annotation.views import tile_lane
from annotation.views.tile_lane import TileLane
from tests.annotation.tabs import run

pytestmark = [pytest.mark.django_db(transaction=True)]
PASSED_ON = 599


async def ordinary(_scope: Any, _receive: Any, send: Any) -> None:
    """Stands for everything else."""
    await send({"type": "http.response.start", "status": PASSED_ON, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Reader:
    """A page's browser."""

    def __init__(self, image: Image, client: Client) -> None:
        self.client = client
        self.lane = TileLane(ordinary)
        self.path = f"/api/images/{image.pk}/tiles/0/0/0/0/0/0"
        self.cookie = f"cytomark_session={client.session.session_key}"

    async def get(self, path: str = "", method: str = "GET", **changed: str) -> tuple[int, dict[str, str], bytes]:
        said = {"host": "testserver", "cookie": self.cookie, "accept-encoding": "gzip, zstd", **changed}
        headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items()]
        scope = {"type": "http", "method": method, "path": path or self.path, "headers": headers}
        asking = ApplicationCommunicator(self.lane, scope)
        start, body = await asking.receive_output(), await asking.receive_output()
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], found, body["body"]


@pytest.fixture
def reader(
    project: Project, person: Callable[[str], User], browser: Callable[[str], Client], tmp_path: Path, settings: Any
) -> Reader:
    settings.ALLOWED_HOSTS = ["testserver"]
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, np.arange(600, dtype=np.uint16).reshape(20, 30))
    image = do_import_file(path, project=project, user=person("owner"), name="cells.tif")
    return Reader(image, browser("viewer"))


async def test_it_answers_what_the_ordinary_way_does(reader: Reader) -> None:
    status, headers, body = await reader.get()
    same = await run(lambda: reader.client.get(reader.path, headers={"accept-encoding": "zstd"}))
    assert (status, body) == (200, same.content)
    said = {name.lower(): value for name, value in same.headers.items()}
    assert headers == {**said, "content-length": str(len(body))}
    assert (await reader.get(if_none_match=f'"x", {headers["etag"]}'))[::2] == (304, b"")


async def test_what_is_not_plain_goes_the_ordinary_way(reader: Reader) -> None:
    plain = reader.path
    for odd in (
        {"cookie": ""}, {"cookie": "cytomark_session=made-up"}, {"authorization": "Bearer x"}, {"host": "elsewhere"},
        {"accept_encoding": "gzip"}, {"method": "POST"}, {"path": plain.replace("tiles/0", "tiles/9")},
        {"path": plain.replace("/0/0/0/0", "/0/max/0/0")}, {"path": plain + "/../../x"}, {"path": "/"},
        {"path": plain[:-1] + "9" * 30}, {"path": "/api/images/" + "-" * 36 + "/tiles/0/0/0/0/0/0"},
    ):  # fmt: skip
        assert (await reader.get(**odd))[0] == PASSED_ON, odd


async def _is_closed_soon(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    now = tile_lane.time.monotonic()
    monkeypatch.setattr(tile_lane.time, "monotonic", lambda: now + 1.5)
    assert (await reader.get())[0] == PASSED_ON


async def test_who_is_no_member_any_more_sees_nothing_within_two_seconds(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await reader.get())[0] == 200
    await run(lambda: Membership.objects.all().delete())
    await _is_closed_soon(reader, monkeypatch)


async def test_who_signs_out_sees_nothing_within_two_seconds(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await reader.get())[0] == 200
    await run(lambda: Session.objects.all().delete())
    await _is_closed_soon(reader, monkeypatch)
