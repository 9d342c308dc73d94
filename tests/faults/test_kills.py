"""R1, R8: kill -9 of web, worker, broker and Postgres in turn while a client draws. Nothing that was acknowledged is
lost, nothing is doubled, and the application is whole again by itself."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from annotation.protocol import Mask
from tests.factories import square
from tests.running import App, Person, Tab, running_app

VICTIMS = (("uvicorn",), ("worker", "click"), ("valkey-server",), ("bin/postgres", "-D"))
SECONDS_BETWEEN = 4.0
PAUSE = 0.1
"""Between two cells, so that a newcomer can still be told every operation."""


def places() -> list[Mask]:
    """Room for many small cells that do not touch."""
    return [square(top, left, 3) for top in range(0, 476, 4) for left in range(0, 500, 4)]


def draw(tab: Tab, masks: list[Mask], answers: list[dict], stop: threading.Event) -> None:
    for mask in masks:
        if stop.is_set():
            return
        answers.append(tab.create(mask))
        time.sleep(PAUSE)


def start(data: Path, app: App) -> tuple[Person, str]:
    person = Person(app.url)
    person.take_account(app.link, name="ann", password="a long pass phrase")
    project = person.get("/api/projects")[0]
    return person, person.get(f"/api/projects/{project['id']}/images")[0]["id"]


def log_of(tab: Tab) -> tuple[list[dict], list[dict]]:
    """All cells, and all operations from the first on, as the server tells a newcomer."""
    fresh = Tab(tab.person, tab.image_id)
    cells = fresh.open()["snapshot"]
    patches = []
    fresh.say({"type": "hello", "protocol": 1, "client_id": str(fresh.client_id), "clock": 0})
    patches = fresh.hear("welcome")["patches"]
    fresh.close()
    return cells, patches


def test_r1_nothing_acknowledged_is_lost_or_doubled(tmp_path_factory) -> None:
    data = tmp_path_factory.mktemp("up") / "data"
    with running_app(data) as app:
        person, image_id = start(data, app)
        tab, answers, stop = Tab(person, image_id), [], threading.Event()
        tab.open()
        drawing = threading.Thread(target=draw, args=(tab, places(), answers, stop))
        drawing.start()
        for words in VICTIMS:
            time.sleep(SECONDS_BETWEEN / 2)
            before = len(answers)
            app.kill(*words)
            time.sleep(SECONDS_BETWEEN / 2)
            deadline = time.monotonic() + 40
            while len(answers) <= before + 3 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert len(answers) > before + 3, f"nothing was answered any more after the end of {words}"
        stop.set()
        drawing.join(timeout=70)
        assert not drawing.is_alive()
        committed = [answer["id"] for answer in answers if answer["outcome"] == "commit"]
        assert len(committed) == len(answers), [answer for answer in answers if answer["outcome"] != "commit"]
        cells, patches = log_of(tab)
        operations = [patch["operation"] for patch in patches]
        assert len(answers) < 500, "a newcomer gets a snapshot of more"
        assert operations == committed
        assert [patch["clock"] for patch in patches] == list(range(1, len(patches) + 1))
        drawn = [json.dumps(cell["mask"], sort_keys=True) for answer in answers for cell in answer["cells"]]
        assert sorted(drawn) == sorted(json.dumps(cell["mask"], sort_keys=True) for cell in cells)
        tab.close()
        assert app.stop() == 0
