"""What a person waits for in a large image: the first picture, its bytes, a slider, and tiles for fifty at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.load.report import Row, at_most
from tests.running import App, Person, free_port, running_app
from webapp.embedded.roles import WEB

READERS, EACH = 50, 30
PART = 8 * 1024**2
CHROMIUM = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_PAINTED = """
addEventListener("DOMContentLoaded", () => {
  let asked = false;
  const look = () => {
    const root = document.querySelector("[data-loading]");
    const loading = root ? Number(root.dataset.loading) : 0;
    if (loading > 0) asked = true;
    if (asked && loading === 0) requestAnimationFrame(() => { window.painted = performance.now(); });
    else requestAnimationFrame(look);
  };
  look();
});
"""
_MOVE = """async () => {
  const slider = document.querySelector('.column input[type="range"]');
  for (let at = 0; at < 60; at++) {
    slider.value = String(Number(slider.min) + (Number(slider.max) - Number(slider.min)) * (0.2 + at / 200));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
  }
}"""
STATIC = """
import asyncio, os
from pathlib import Path
ROOT = Path(os.environ["STATIC_ROOT"])

async def application(scope, receive, send):
    body = await asyncio.to_thread((ROOT / scope["path"].lstrip("/")).read_bytes)
    headers = [(b"content-length", str(len(body)).encode()), (b"content-encoding", b"zstd")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


def _upload(person: Person, path: Path) -> str:
    project = person.get("/api/projects")[0]["id"]
    size = path.stat().st_size
    upload = person.post(f"/api/projects/{project}/uploads", name=path.name, size=size)
    with path.open("rb") as file:
        while part := file.read(PART):
            upload = person.put(f"/api/uploads/{upload['id']}?offset={upload['received']}", part)
    while upload["state"] == "decoding":
        time.sleep(0.5)
        upload = person.get(f"/api/uploads/{upload['id']}")
    assert upload["state"] == "done", upload["message"]
    return str(upload["image"])


async def _reader(host: str, port: int, requests: list[bytes], taken: list[float]) -> None:
    reading, writing = await asyncio.open_connection(host, port)
    for request in requests:
        start = time.perf_counter()
        writing.write(request)
        head = await reading.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reading.readexactly(length)
        taken.append(time.perf_counter() - start)
    writing.close()


def _p95(port: int, paths: list[str], cookie: str = "") -> float:
    """Milliseconds, of fifty readers at once that begin at different tiles."""
    taken: list[float] = []
    more = f"Host: 127.0.0.1:{port}\r\nAccept-Encoding: zstd\r\nCookie: {cookie}\r\n\r\n"
    requests = [f"GET {path} HTTP/1.1\r\n{more}".encode() for path in paths]

    async def run() -> None:
        starts = [7 * number % len(requests) for number in range(READERS)]
        chosen = [[requests[(start + at) % len(requests)] for at in range(EACH)] for start in starts]
        await asyncio.gather(*(_reader("127.0.0.1", port, each, taken) for each in chosen))

    asyncio.run(run())
    return quantiles(taken, n=20)[18] * 1000


@contextlib.contextmanager
def _static(root: Path, folder: Path) -> Iterator[int]:
    """The plainest server of files, by the same uvicorn with the same settings."""
    (folder / "static_files.py").write_text(STATIC)
    port = free_port()
    environment = {**os.environ, "STATIC_ROOT": str(root), "PYTHONPATH": str(folder)}
    argv = [sys.executable, "-m", "uvicorn", "static_files:application", "--port", str(port), *WEB]
    server = subprocess.Popen(argv, env=environment)
    try:
        time.sleep(2)
        yield port
    finally:
        server.terminate()
        server.wait()


def _tiles(app: App, person: Person, image: str, folder: Path) -> list[Row]:
    [store] = [path for path in (app.data / "images").glob("*/pixels.ome.zarr") if len(list(path.glob("[0-9]"))) > 4]
    places = [(row, col) for row in range(10) for col in range(10)]
    cookie = f"cytomark_session={person.cookie('cytomark_session')}"
    ours, theirs = [], []
    with _static(store, folder) as port:
        for _ in range(3):
            ours.append(_p95(app.port, [f"/api/images/{image}/tiles/0/0/0/0/{r}/{c}" for r, c in places], cookie))
            theirs.append(_p95(port, [f"/0/c/0/0/0/{r}/{c}" for r, c in places]))
    ratio = sorted(ours)[1] / sorted(theirs)[1]
    return [
        Row(f"tiles for {READERS} at once: files alone, p95", round(sorted(theirs)[1], 1), "ms"),
        Row(f"tiles for {READERS} at once: ours, p95", round(sorted(ours)[1], 1), "ms"),
        at_most(f"tiles for {READERS} at once: times slower", ratio, 2, unit="×"),
    ]


def _painted(page: Page, address: str) -> tuple[float, float]:
    """Seconds to the first whole picture, and megabytes that came until then."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    got: list[int] = []
    session.on("Network.dataReceived", lambda event: got.append(int(event["encodedDataLength"])))
    page.goto(address)
    page.wait_for_function("() => window.painted")
    return float(page.evaluate("() => window.painted")) / 1000, sum(got) / 1e6


def _script_ms(page: Page) -> float:
    """Script time of one change of a slider, its frame included."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def script() -> float:
        found: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in found if one["name"] == "ScriptDuration")

    before = script()
    page.evaluate(_MOVE)
    return (script() - before) / 60 * 1000


def _page(app: App, person: Person, image: str) -> list[Row]:
    address = f"{app.url}/images/{image}/"
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        painted = []
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies(
                [{"name": one.name, "value": one.value or "", "url": app.url} for one in person.jar]  # type: ignore[typeddict-item]
            )
            page = context.new_page()
            page.add_init_script(_PAINTED)
            painted.append(_painted(page, address))
        page.wait_for_timeout(2000)
        script = _script_ms(page)
        browser.close()
    seconds, megabytes = sorted(painted)[1]
    return [
        at_most("first whole picture at 1440 × 900, from navigation", seconds, 1, unit="s"),
        at_most("first whole picture: bytes moved, the page included", megabytes, 4, unit="MB"),
        at_most("a slider: script for one change and its frame", script, 16, unit="ms"),
    ]


def rows_of_serving(path: Path, folder: Path) -> list[Row]:
    """The large image of ``path`` in the running application."""
    with running_app(folder / "data") as app:
        person = Person(app.url)
        person.take_account(app.link, name="reader", password="correct horse battery")
        image = _upload(person, path)
        return [*_page(app, person, image), *_tiles(app, person, image, folder)]
