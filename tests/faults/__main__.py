"""`make faults`: the long form of all fault scenarios against the application as `make up` starts it, a table, and
build/bench/faults.json. After each the auditor replays the log. CYTOMARK_SEED chooses the seed. Browsers that are
closed or offline in the middle of a stroke are in tests/e2e/test_together.py, response times in `make bench-collab`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.ground import Ground, data_folder
from tests.faults.scenarios import LONG
from tests.load.report import Row, publish
from tests.running import running_app


def main() -> int:
    seed = int(os.environ.get("CYTOMARK_SEED", "1"))
    print(f"seed {seed}")  # noqa: T201
    rows = []
    with tempfile.TemporaryDirectory() as folder, running_app(data_folder(Path(folder))) as app:
        ground = Ground.of(app)
        for scenario, size in LONG.items():
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
