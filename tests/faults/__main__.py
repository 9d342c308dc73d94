"""`make faults`: the long form of all fault scenarios against the application as `make up` starts it, a table, and
build/bench/faults.json. After each the auditor replays the log. CYTOMARK_SEED chooses the seed, CYTOMARK_FAULTS (“r9
r26”) some of them. `make fuzz` is the long form of R6, `make bench-collab` that of the response times."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.browsers import r9_browsers
from tests.faults.ground import Ground, Scenario, data_folder
from tests.faults.scenarios import (
    Size,
    r1_kills,
    r2_repeats,
    r6_fuzz,
    r7_lost_hints,
    r8_services_away,
    r11_restart,
    r16_queue_lost,
)
from tests.faults.workers import r13_workers_killed, r14_poison, r15_twice
from tests.faults.writers import r26_hot_rows
from tests.load.report import Row, publish
from tests.running import running_app

LONG: dict[Scenario, Size] = {
    r2_repeats: Size(8, 0, 0, 4000),
    r6_fuzz: Size(4, 0, 0, 2000),
    r7_lost_hints: Size(3, 0, 20, 0),
    r8_services_away: Size(10, 0, 30, 0),
    r26_hot_rows: Size(40, 1, 30, 0),
    r9_browsers: Size(1, 0, 0, 20),
    r11_restart: Size(200, 0, 0, 0),
    r15_twice: Size(0, 0, 0, 0),
    r16_queue_lost: Size(0, 0, 0, 200),
    r13_workers_killed: Size(0, 0, 0, 0),
    r14_poison: Size(0, 0, 0, 0),
    r1_kills: Size(20, 3, 60, 0),
}


def chosen() -> dict[Scenario, Size]:
    wanted = os.environ.get("CYTOMARK_FAULTS", "").split()
    return {one: size for one, size in LONG.items() if not wanted or one.__name__.split("_")[0] in wanted}


def main() -> int:
    seed = int(os.environ.get("CYTOMARK_SEED", "1"))
    print(f"seed {seed}")  # noqa: T201
    rows = []
    with tempfile.TemporaryDirectory() as folder, running_app(data_folder(Path(folder))) as app:
        ground = Ground.of(app)
        for scenario, size in chosen().items():
            start = time.monotonic()
            promises = (scenario.__doc__ or "").split(":")[0]
            try:
                figures = asyncio.run(ground.play(scenario, size, seed))
                ok, words = True, f"{figures}; {ground.audit()}"
            except Exception as error:  # noqa: BLE001 - the table says it
                ok, words = False, f"{type(error).__name__}: {error}"[:300]
            rows.append(Row(f"{promises}: {words}", round(time.monotonic() - start, 1), "s", "holds", ok))
            print(rows[-1].row, "ok" if ok else "FAILED", flush=True)  # noqa: T201
    publish("faults", rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
