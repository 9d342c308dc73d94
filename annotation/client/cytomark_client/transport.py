"""Requests with a token, repeated while the server or the network is away for a moment: all are safe to repeat."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from .errors import CytomarkError

TRIES = 6
LONGEST_PAUSE_S = 30.0
_PASSING = (429, 502, 503, 504)
_AWAY = "The server cannot be reached. Check the address and the network, and try again."


def _refusal(answer: httpx.Response) -> CytomarkError:
    """The server's own sentence where it has one."""
    try:
        said = answer.json()
        return CytomarkError(str(said["code"]), str(said["message"]), status=answer.status_code)
    except (ValueError, KeyError, TypeError):
        message = f"The server answered {answer.status_code}. Is this the address of a Cytomark server?"
        return CytomarkError("unexpected", message, status=answer.status_code)


def _pause(attempt: int, answer: httpx.Response | None) -> float:
    """Seconds until the next try: what the server asks for, otherwise longer each time, with jitter."""
    asked = answer.headers.get("Retry-After", "") if answer is not None else ""
    if asked.isdigit():
        return min(float(asked), LONGEST_PAUSE_S)
    return random.uniform(0.5, 1) * min(0.5 * 2.0**attempt, LONGEST_PAUSE_S)  # noqa: S311 - jitter is no secret


class Transport:
    """One server, one token. ``verify`` is False or a file of certificates for a laboratory's own."""

    def __init__(self, url: str, token: str, *, verify: bool | str = True, timeout_s: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, verify=verify, timeout=timeout_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def request(self, method: str, path: str, *, json: Any = None, content: bytes | None = None) -> httpx.Response:
        """One request and its answer. A POST has a key by which the server does it once, however often it comes.
        Raises CytomarkError."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        for attempt in range(TRIES):
            answer = None
            try:
                answer = self._client.request(method, path, json=json, content=content, headers=headers)
            except httpx.TransportError as error:
                problem: Exception = error
            else:
                if answer.is_success:
                    return answer
                problem = _refusal(answer)
                if answer.status_code not in _PASSING and problem.code != "retry":
                    raise problem
            if attempt + 1 < TRIES:
                time.sleep(_pause(attempt, answer))
        if isinstance(problem, CytomarkError):
            raise problem
        raise CytomarkError("offline", _AWAY) from problem

    def get(self, path: str) -> Any:
        """What is said at a path."""
        return self.request("GET", path).json()

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make something."""
        return self.request("POST", path, json=body).json()

    def list(self, path: str) -> Iterator[dict[str, Any]]:
        """All of a list, page by page (RFC 8288)."""
        next_path: str | None = path
        while next_path:
            answer = self.request("GET", next_path)
            yield from answer.json()
            next_path = answer.links.get("next", {}).get("url")

    def download(self, path: str, target: Path, *, progress: bool) -> None:
        """Save a file under ``target``. What broke off goes on where it stopped, now or when it is called again:
        as long as the server still has the same file. Raises CytomarkError."""
        part, known = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.tag")
        for attempt in range(TRIES):
            try:
                self._go_on(path, part, known, progress=progress)
                break
            except CytomarkError as error:
                if error.status == 416:
                    break  # All of it is there already.
                if error.code != "offline" or attempt + 1 == TRIES:
                    raise
                time.sleep(_pause(attempt, None))
        part.replace(target)
        known.unlink(missing_ok=True)

    def _go_on(self, path: str, part: Path, known: Path, *, progress: bool) -> None:
        tag = known.read_text() if known.is_file() and part.is_file() else ""
        there = part.stat().st_size if tag else 0
        asked = {"Range": f"bytes={there}-", "If-Range": tag} if there else {}
        with self.stream(path, headers=asked) as answer:
            there = there if answer.status_code == 206 else 0
            known.write_text(answer.headers.get("ETag", ""))
            total = int(answer.headers.get("Content-Length", 0)) + there
            shown: dict[str, Any] = {"unit": "B", "unit_scale": True, "desc": "Download"}
            bar = tqdm(total=total, initial=there, disable=None if progress else True, **shown)
            with bar, part.open("ab" if there else "wb") as file:
                for block in answer.iter_bytes():
                    file.write(block)
                    bar.update(len(block))

    @contextmanager
    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        """An answer that is read piece by piece."""
        try:
            with self._client.stream("GET", path, headers=dict(headers or {})) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refusal(answer)
                yield answer
        except httpx.TransportError as error:
            raise CytomarkError("offline", _AWAY) from error
