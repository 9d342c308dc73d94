"""The whole application as `manage.py up` starts it, and a program that uses it as a browser does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import psutil
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from annotation.protocol import VERSION, Mask, Push

ROOT = Path(__file__).resolve().parent.parent
SERVICE_VARIABLES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CYTOMARK_DATA", "CYTOMARK_EMBEDDINGS")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """`manage.py up` on a folder and a port of its own."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        clean = {name: value for name, value in os.environ.items() if name not in SERVICE_VARIABLES}
        argv = [sys.executable, "manage.py", "up", "--data", str(data), "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                argv, cwd=ROOT, env={**clean, **environment}, stdout=log, stderr=subprocess.STDOUT
            )
        self.link = self._wait_for_link()

    def _wait_for_link(self) -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = re.search(r"first sign-in: (http\S+)", self.log.read_text(errors="replace"))
            if found:
                return found[1]
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-4000:]
            time.sleep(0.2)
        raise AssertionError(f"`up` printed no address:\n{self.log.read_text(errors='replace')[-4000:]}")

    def pids(self, *words: str) -> list[int]:
        """The children whose command line has all these words."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(child.cmdline())
                if all(word in line for word in words):
                    found.append(child.pid)
        return found

    def kill(self, *words: str) -> None:
        """kill -9 of one of our own children."""
        pids = self.pids(*words)
        assert pids, f"no child with {words}"
        os.kill(min(pids), signal.SIGKILL)

    def stop(self) -> int:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=40)


@contextlib.contextmanager
def running_app(data: Path, **environment: str) -> Iterator[App]:
    app = App(data, **environment)
    try:
        yield app
    finally:
        if app.process.poll() is None:
            app.stop()


class Person:
    """Somebody's browser without a screen: cookies, CSRF, JSON, sockets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = CookieJar()
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar))

    def add_cookie(self, name: str, value: str) -> None:
        """One that another browser got."""
        self.jar.set_cookie(
            Cookie(
                0, name, value, None, False, "127.0.0.1", False, False, "/", True, False, None, True, None, None, {}
            )
        )  # fmt: skip

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    def _open(self, method: str, path: str, *, body: bytes | None, kind: str) -> bytes:
        headers = {"X-CSRFToken": self.cookie("cytomark_csrf"), "Referer": self.url, "Content-Type": kind}
        request = Request(f"{self.url}{path}", data=body, method=method, headers=headers)  # noqa: S310 - loopback
        with self.opener.open(request, timeout=30) as response:
            return bytes(response.read())

    def get(self, path: str) -> Any:
        return json.loads(self._open("GET", path, body=None, kind="application/json"))

    def bytes(self, path: str) -> bytes:
        return self._open("GET", path, body=None, kind="application/json")

    def post(self, path: str, **data: Any) -> Any:
        return json.loads(self._open("POST", path, body=json.dumps(data).encode(), kind="application/json"))

    def put(self, path: str, body: bytes) -> Any:
        return json.loads(self._open("PUT", path, body=body, kind="application/octet-stream"))

    def delete(self, path: str) -> None:
        self._open("DELETE", path, body=None, kind="application/json")

    def take_account(self, link: str, *, name: str, password: str) -> None:
        """Go through a one-time link."""
        path = link.removeprefix(self.url)
        self.bytes(path)
        form = urlencode(
            {
                "csrfmiddlewaretoken": self.cookie("cytomark_csrf"),
                "username": name,
                "password": password,
                "again": password,
            }
        )
        self._open("POST", path, body=form.encode(), kind="application/x-www-form-urlencoded")
        assert self.get("/api/me")["username"] == name

    def open_socket(self, image_id: str, stack: contextlib.ExitStack) -> ClientConnection:
        """A socket that lives as long as the stack."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        address = f"{self.url.replace('http', 'ws', 1)}/ws/images/{image_id}/"
        opening = connect(
            address,
            origin=self.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            proxy=None,
            max_size=None,
            open_timeout=10,
        )
        return stack.enter_context(opening)


class Tab:
    """A tab that never gives up: it sends each operation until it is answered, over new sockets where it must."""

    def __init__(self, person: Person, image_id: str) -> None:
        self.person = person
        self.image_id = image_id
        self.client_id = uuid.uuid4()
        self.seq = 0
        self.socket: ClientConnection | None = None
        self.stack = contextlib.ExitStack()
        self.reconnects = 0

    def _connected(self) -> ClientConnection:
        if self.socket is None:
            self.socket = self.person.open_socket(self.image_id, self.stack)
            self.say({"type": "hello", "protocol": VERSION, "client_id": str(self.client_id), "clock": None})
            self.welcome = self.hear("welcome")
        return self.socket

    def say(self, message: dict[str, Any]) -> None:
        self._connected().send(json.dumps(message))

    def hear(self, *types: str, timeout: float = 15) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            message: dict[str, Any] = json.loads(self._connected().recv(timeout=max(deadline - time.monotonic(), 0.01)))
            if message["type"] in types:
                return message

    def open(self) -> dict[str, Any]:
        self._connected()
        return self.welcome

    def close(self) -> None:
        self.socket = None
        with contextlib.suppress(WebSocketException, OSError):
            self.stack.close()

    def create(self, mask: Mask, *, seconds: float = 60) -> dict[str, Any]:
        """A new cell, however long it takes; the final answer."""
        change = {"change": "create", "id": str(uuid.uuid4()), "mask": mask.model_dump(), "class_id": None}
        return self.push({**change, "provenance": {"source": "hand"}}, seconds=seconds)

    def delete_all(self) -> None:
        """Leave the image as empty as it was."""
        self.close()
        cells = self.open()["snapshot"]
        gone = [{"change": "delete", "id": cell["id"], "base_version": cell["version"]} for cell in cells]
        if gone:
            self.push(*gone)

    def push(self, *changes: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        """One operation, however long it takes; the final answer."""
        self.seq += 1
        push = Push.model_validate(
            {
                "type": "push",
                "id": uuid.uuid4(),
                "client_id": self.client_id,
                "seq": self.seq,
                "changes": changes,
            }
        )
        return self._until_answered(push.model_dump_json(), str(push.id), seconds=seconds)

    def _until_answered(self, text: str, push_id: str, *, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self._connected().send(text)
                while True:
                    answer = self.hear("ack", "error", timeout=5)
                    if answer["type"] == "ack" and answer["id"] == push_id:
                        return answer
                    if answer["type"] == "error":
                        time.sleep(0.1)
                        break
            except (WebSocketException, OSError, TimeoutError):
                self.reconnects += 1
                self.close()
                time.sleep(0.2)
        raise AssertionError("An operation was not answered in time.")
