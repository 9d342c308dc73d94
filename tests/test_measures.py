"""The fixture for the browser's measurements is what the installed scikit-image says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import measures


def flat(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in flat(one)]
    if isinstance(value, list):
        return [number for one in value for number in flat(one)]
    return [float(value)]


@pytest.mark.filterwarnings("ignore")
def test_the_fixture_is_what_scikit_image_says() -> None:
    stored = json.loads(measures.FIXTURE.read_text())
    assert flat(stored) == pytest.approx(flat(measures.fixture()), abs=1e-9)
