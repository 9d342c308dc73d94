"""`make bench-click`: from the click sent to the preview received over the WebSocket, on an opened image of the demo
project with the starter engine, against the whole application as `make up` starts it. “Everything else” is what the
engine does not account for: the socket, the permission check, the queue, two processes, JSON."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inference.training.synthetic import fluorescence
from tests.load.report import Row, at_most, publish
from tests.running import Person, Tab, running_app

ROUNDS, CLICKS, WARM_UP = 5, 60, 10


def nuclei_centres() -> list[tuple[float, float]]:
    """(row, column) of the nuclei of the demo's first image, which is generated."""
    _, labels_hw = fluorescence(1, height=512, width=640, cells=60)
    found = []
    for label in range(1, int(labels_hw.max()) + 1):
        rows, cols = np.nonzero(labels_hw == label)
        if rows.size:
            found.append((float(rows.mean()) + 0.5, float(cols.mean()) + 0.5))
    return found


def wait_for_embedding(tab: Tab) -> None:
    """The first answer to a click comes when the image is ready."""
    row, col = nuclei_centres()[0]
    click(tab, 1, row, col, timeout=120)


def click(tab: Tab, number: int, row: float, col: float, *, timeout: float = 10) -> tuple[float, float]:
    """Milliseconds from sent to received, and those of the engine alone."""
    prompts = {"points": [{"row": row, "col": col, "positive": True}], "box": None}
    sent = time.perf_counter()
    tab.say({"type": "prompt", "number": number, "engine": "starter", "prompts": prompts})
    preview = tab.hear("preview", timeout=timeout)
    took = (time.perf_counter() - sent) * 1000
    assert preview["number"] == number, preview
    return took, float(preview["engine_ms"])


def measure(tab: Tab) -> Iterator[tuple[list[float], list[float]]]:
    """For each round: total and engine milliseconds of its clicks."""
    centres, number = nuclei_centres(), 1
    for _ in range(ROUNDS):
        totals, engines = [], []
        for index in range(WARM_UP + CLICKS):
            number += 1
            total, engine = click(tab, number, *centres[index % len(centres)])
            if index >= WARM_UP:
                totals.append(total)
                engines.append(engine)
            time.sleep(0.03)  # a person is slower, and the socket's limit is 40 messages a second
        yield totals, engines


def pings(tab: Tab) -> float:
    """Median milliseconds of a message that needs no engine and no queue: the bound of what a click can cost."""
    took = []
    for _ in range(40):
        sent = time.perf_counter()
        tab.say({"type": "ping"})
        tab.hear("pong")
        took.append((time.perf_counter() - sent) * 1000)
        time.sleep(0.03)
    return statistics.median(took)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "data") as app:
        os.chmod(folder, 0o755)  # noqa: S103, PTH101 - the database's user must reach it
        person = Person(app.url)
        person.take_account(app.link, name="bench", password="a long pass phrase")
        project = person.get("/api/projects")[0]
        images = person.get(f"/api/projects/{project['id']}/images")
        tab = Tab(person, next(image["id"] for image in images if image["name"] == "nuclei_01.png"))
        tab.open()
        wait_for_embedding(tab)
        rounds = list(measure(tab))
        bound = pings(tab)
        tab.close()
    publish("click", rows_of(rounds, bound))


def rows_of(rounds: list[tuple[list[float], list[float]]], bound: float) -> list[Row]:
    """Medians over the rounds."""

    def middle(figures: list[float]) -> float:
        return statistics.median(figures)

    rest = [[total - engine for total, engine in zip(*one, strict=True)] for one in rounds]
    total = middle([middle(totals) for totals, _ in rounds])
    return [
        Row("click to preview, median", round(total, 2), "ms"),
        Row(
            "click to preview, p95", round(middle([float(np.percentile(totals, 95)) for totals, _ in rounds]), 2), "ms"
        ),
        at_most("engine, median", middle([middle(engines) for _, engines in rounds]), 20, unit="ms"),
        at_most("everything else, median", middle([middle(one) for one in rest]), 10, unit="ms"),
        Row("everything else, p95", round(middle([float(np.percentile(one, 95)) for one in rest]), 2), "ms"),
        Row("ping to pong, median (one process, no queue)", round(bound, 2), "ms"),
        Row("click / ping", round(total / bound, 1), "×"),
    ]


if __name__ == "__main__":
    main()
