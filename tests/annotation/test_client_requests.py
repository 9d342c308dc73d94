"""The Python client alone: what it repeats, what it refuses to write, what it needs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import tifffile
from cytomark_client import Cytomark, CytomarkError, load
from cytomark_client.transport import Transport

CLIENT = Path(__file__).resolve().parents[2] / "annotation/client"
Answer = Callable[[httpx.Request], httpx.Response]


def transport(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Transport:
    """One that talks to a function, and the pauses that it makes."""
    made = Transport("http://server", "token")
    made._client = httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer))
    monkeypatch.setattr("cytomark_client.transport.time.sleep", lambda _: None)
    return made


def flaky(*statuses: int, **headers: str) -> tuple[list[str], Answer]:
    """A server that answers with these statuses, one after another."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(statuses[len(asked) - 1], json={"code": "x", "message": "Later."}, headers=headers)

    return asked, answer


def test_looking_is_repeated_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = flaky(502, 503, 200)
    transport(answer, monkeypatch).get("/api/me")
    assert len(asked) == 3


def test_it_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = flaky(*[503] * 6)
    with pytest.raises(CytomarkError, match="Later"):
        transport(answer, monkeypatch).get("/api/me")
    assert len(asked) == 6


def test_the_servers_pause_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _, answer = flaky(429, 200, **{"Retry-After": "7"})
    slept: list[float] = []
    made = transport(answer, monkeypatch)
    monkeypatch.setattr("cytomark_client.transport.time.sleep", slept.append)
    made.post("/api/projects", {"name": "x"})
    assert slept == [7]


def test_what_is_made_is_sent_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("cut")
        said = {"code": "retry", "message": "Under way."}
        return httpx.Response(409, json=said) if len(keys) == 2 else httpx.Response(201, json={"id": "p"})

    made = transport(answer, monkeypatch)
    assert made.post("/api/projects", {"name": "x"}) == {"id": "p"}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    made.post("/api/projects", {"name": "x"})
    assert len(set(keys)) == 2


def test_a_page_that_is_no_cytomark_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CytomarkError, match="Is this the address"):
        transport(lambda _: httpx.Response(404, text="<html>"), monkeypatch).get("/api/me")


@pytest.mark.parametrize("stem", ["../x", "/etc/x", "..", "a/b", "a\\b"])
def test_a_server_cannot_write_outside_of_the_folder(
    stem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = dict.fromkeys(("id", "name", "dtype"), "i") | dict.fromkeys(("width", "height", "channels", "cells"), 1)
    job = {"id": "j", "kind": "export", "state": "done", "progress": 1, "message": "", "params": {}, "result": {}}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("manifest.json", json.dumps({"images": [{"id": "i", "stem": stem}]}))
    answers = {
        "/api/projects": [{"id": "p", "name": "P", "role": "owner"}],
        "/api/projects/p/images": [{**image, "status": "done"}],
        "/api/projects/p/exports": {**job, "download": "/zip"},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        said = answers.get(request.url.path)
        return httpx.Response(200, content=archive.getvalue()) if said is None else httpx.Response(200, json=said)

    server = Cytomark("http://server", token="t")
    server._transport = transport(answer, monkeypatch)
    with pytest.raises(CytomarkError, match="leaves the folder"):
        server.project("P").download(tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*.tif")] == []


def test_a_folder_without_pairs_says_so(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images/a.tif", np.zeros((2, 3), np.uint8))
    with pytest.raises(CytomarkError, match="Download a project first"):
        load(tmp_path)


def test_it_needs_neither_django_nor_torch() -> None:
    code = (
        "import sys, cytomark_client.command; "
        "sys.exit(str({'django', 'torch', 'annotation', 'inference'} & set(sys.modules) or '') or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=CLIENT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_download_that_breaks_off_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole, asked = bytes(range(256)) * 40, list[str]()

    class BreaksOff(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield whole[:5000]
            raise httpx.ReadError("gone")

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Range", ""))
        if not asked[-1]:
            return httpx.Response(200, stream=BreaksOff(), headers={"ETag": '"one"', "Content-Length": str(len(whole))})
        assert request.headers["If-Range"] == '"one"'
        return httpx.Response(206, content=whole[5000:], headers={"ETag": '"one"'})

    transport(answer, monkeypatch).download("/x", tmp_path / "a.zip", progress=False)
    assert (tmp_path / "a.zip").read_bytes() == whole
    assert asked == ["", "bytes=5000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_another_file_is_downloaded_from_its_beginning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"old")
    (tmp_path / "a.zip.part.tag").write_text('"old"')
    new = transport(lambda _: httpx.Response(200, content=b"new bytes", headers={"ETag": '"new"'}), monkeypatch)
    new.download("/x", tmp_path / "a.zip", progress=False)
    assert (tmp_path / "a.zip").read_bytes() == b"new bytes"
