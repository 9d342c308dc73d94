"""What travels through the queues: read strictly, or refused with the part that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from inference.contracts import AutoParams, Scribble
from inference.errors import EngineError
from inference.wire import get_params, get_prompts


def test_a_scribble_arrives_as_it_was_drawn() -> None:
    asked = {"prompts": {"scribbles": [{"places": [[1, 2.5], [3, 4]], "positive": False}]}}
    assert get_prompts(asked).scribbles == (Scribble(((1.0, 2.5), (3.0, 4.0)), positive=False),)


@pytest.mark.parametrize(
    "stroke",
    [7, {}, {"places": []}, {"places": [[1]]}, {"places": [[1, "2"]]}, {"places": [[1, 2]], "positive": 1}],
)
def test_a_bad_scribble_is_refused(stroke: Any) -> None:
    with pytest.raises(EngineError, match="not as agreed"):
        get_prompts({"prompts": {"scribbles": [stroke]}})


def test_masks_of_the_kept_flows_are_asked_for_by_name() -> None:
    assert get_params({"params": {"cached": True, "diameter": 20}}) == AutoParams(cached=True, diameter=20.0)
    assert get_params({"params": {"cached": None}}) == AutoParams()


def test_a_flag_that_is_none_is_refused() -> None:
    with pytest.raises(EngineError, match="cached is neither"):
        get_params({"params": {"cached": "yes"}})
