"""The short form of the fault scenarios: some people, a few seconds each, one seed; the auditor at the end."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.ground import Ground, data_folder
from tests.faults.scenarios import SHORT
from tests.running import running_app

pytestmark = pytest.mark.slow


def test_the_promises_hold_through_faults(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_app(data_folder(tmp_path_factory.mktemp("faults"))) as app:
        ground = Ground.of(app)
        for scenario, size in SHORT.items():
            # In a thread of its own: a browser of other tests has its event loop in this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, ground.play(scenario, size, 1)).result()
        assert "All is well" in ground.audit()
        assert app.stop() == 0
