"""Fetching weights: whole, checked, by https, or nothing. The server here is our own, on the loopback."""

from __future__ import annotations

import hashlib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inference.errors import EngineError, EngineErrorCode
from inference.weights import WeightsFile, verify, weights_file
from inference.weights_fetch import OpenUrl, Response, fetch, open_https

CONTENT = bytes(range(256)) * 9000
ENTRY = WeightsFile(
    "mine", "sam", "mine.pth", "https://weights.example/mine.pth", hashlib.sha256(CONTENT).hexdigest(),
    len(CONTENT), "Apache-2.0",
)  # fmt: skip


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/cut" else CONTENT)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def through(address: str, path: str = "/") -> OpenUrl:
    """Opens our server whatever the address."""

    def open_url(_url: str) -> AbstractContextManager[Response]:
        response: AbstractContextManager[Response] = urllib.request.urlopen(address + path, timeout=10)  # noqa: S310
        return response

    return open_url


def refusal(entry: WeightsFile, open_url: OpenUrl) -> EngineError:
    with pytest.raises(EngineError) as caught:
        fetch(entry, open_url=open_url)
    return caught.value


def test_a_whole_file_with_the_right_sum_stays(folder: Path, address: str) -> None:
    seen: list[tuple[int, int | None]] = []
    path, digest = fetch(ENTRY, open_url=through(address), progress=lambda *step: seen.append(step))
    assert path.read_bytes() == CONTENT
    assert digest == ENTRY.sha256
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [file.name for file in folder.iterdir()] == ["mine.pth"]


def test_a_sum_that_nobody_states_is_recorded(folder: Path, address: str) -> None:
    entry = replace(weights_file("cpsam"), size=None)
    fetch(entry, open_url=through(address))
    assert verify(entry).state == "ok"
    (folder / "cpsam").write_bytes(b"another")
    assert verify(entry).state == "wrong"


@pytest.mark.parametrize(
    ("entry", "path", "code"),
    [
        (replace(ENTRY, sha256="0" * 64), "/", EngineErrorCode.WEIGHTS_INVALID),
        (replace(ENTRY, size=len(CONTENT) - 1), "/", EngineErrorCode.WEIGHTS_INVALID),
        (replace(ENTRY, size=len(CONTENT) + 1), "/", EngineErrorCode.FETCH_FAILED),
        (ENTRY, "/cut", EngineErrorCode.FETCH_FAILED),
        (replace(ENTRY, size=None, sha256=None), "/cut", EngineErrorCode.FETCH_FAILED),
        (ENTRY, "/gone", EngineErrorCode.FETCH_FAILED),
        (replace(ENTRY, size=10**18), "/", EngineErrorCode.FETCH_FAILED),
    ],
    ids=["another sum", "too long", "too short", "cut off", "cut off, size unknown", "not found", "no room"],
)
def test_nothing_stays_of_what_is_not_it(
    folder: Path, address: str, entry: WeightsFile, path: str, code: EngineErrorCode
) -> None:
    folder.mkdir()
    (folder / "mine.pth").write_bytes(b"the old one")
    assert refusal(entry, through(address, path)).code == code
    assert [file.name for file in folder.iterdir()] == ["mine.pth"]
    assert (folder / "mine.pth").read_bytes() == b"the old one"


@pytest.mark.parametrize("url", ["http://weights.example/x", "file:///etc/passwd", "ftp://weights.example/x", ""])
def test_only_https_is_asked(folder: Path, url: str) -> None:
    def never(_url: str) -> AbstractContextManager[Response]:
        raise AssertionError("asked")

    assert refusal(replace(ENTRY, url=url), never).code == EngineErrorCode.WEIGHTS_INVALID
    assert not folder.exists()


def test_the_opener_knows_no_other_way_than_https(address: str, tmp_path: Path) -> None:
    """So a redirect away from https ends there, too."""
    (tmp_path / "file").touch()
    for url in (address, (tmp_path / "file").as_uri()):
        with pytest.raises(urllib.error.URLError, match="unknown url type"), open_https(url):
            pass
