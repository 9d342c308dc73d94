"""Strokes as points: along the stroke, not too many, and beside it where it says no."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.contracts import Box, Point, Prompts, Scribble
from inference.engines.prompts import ALL_STROKES_POINTS, STROKE_POINTS, strokes_as_points
from inference.engines.sam_frame import Frame
from inference.engines.sam_prompts import as_seen, before_last
from inference.rle import encode

LINE = Scribble(((50.0, 20.0), (50.0, 80.0)))


def points(prompts: Prompts, *, beside: bool = False) -> tuple[Point, ...]:
    return strokes_as_points(prompts, height=100, width=100, beside=beside).points


def test_a_stroke_gives_points_evenly_along_it() -> None:
    found = points(Prompts(scribbles=(LINE,)))
    assert [(point.row, point.col) for point in found] == [(50.0, col) for col in (25, 35, 45, 55, 65, 75)]
    assert all(point.positive for point in found)


def test_places_drawn_slowly_count_no_more_than_others() -> None:
    dense = Scribble((*((50.0, 20 + step / 100) for step in range(100)), (50.0, 80.0)))
    assert np.allclose([point.col for point in points(Prompts(scribbles=(dense,)))], [25, 35, 45, 55, 65, 75])


def test_a_dab_is_a_click_and_says_nothing_of_its_surroundings() -> None:
    for dab in (Scribble(((7.5, 8.5),)), Scribble(((7.5, 8.5), (7.5, 8.5)))):
        assert points(Prompts(scribbles=(dab,)), beside=True) == (Point(7.5, 8.5),)


def test_a_negative_stroke_gives_negative_points_after_the_clicks() -> None:
    found = points(Prompts(points=(Point(1, 1),), scribbles=(Scribble(LINE.places, positive=False),)))
    assert [point.positive for point in found] == [True] + [False] * STROKE_POINTS


def test_negative_points_lie_beside_a_positive_stroke_where_the_image_has_room() -> None:
    """As far from the stroke's middle as its points reach from end to end: 50 pixels, of which row 100 is outside."""
    short = Scribble(((50.0, 30.0), (50.0, 54.0)))
    off = [point for point in points(Prompts(scribbles=(short,)), beside=True) if not point.positive]
    assert sorted((round(point.row), round(point.col)) for point in off) == [(30, 42), (70, 42)]
    off = [point for point in points(Prompts(scribbles=(LINE,)), beside=True) if not point.positive]
    assert [(round(point.row), round(point.col)) for point in off] == [(0, 50)]


def test_a_box_says_better_where_the_cell_ends() -> None:
    found = points(Prompts(scribbles=(LINE,), box=Box(40, 10, 60, 90)), beside=True)
    assert all(point.positive for point in found)


@given(st.lists(st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=1), min_size=1, max_size=40))
def test_points_are_few_and_inside(strokes: list[list[tuple[float, float]]]) -> None:
    inside = [Scribble(tuple(stroke)) for stroke in strokes if any(0 <= r < 100 and 0 <= c < 100 for r, c in stroke)]
    found = points(Prompts(scribbles=tuple(inside)), beside=True)
    assert len([point for point in found if point.positive]) <= ALL_STROKES_POINTS
    assert len(found) <= ALL_STROKES_POINTS + 2
    assert bool(inside) == any(point.positive for point in found)
    assert all(0 <= point.row < 100 and 0 <= point.col < 100 for point in found)


def test_a_lone_mask_brings_its_box_and_one_with_clicks_does_not() -> None:
    mask = encode(np.ones((5, 7), bool), top=10, left=20)
    frame = Frame(100, 100, 64)
    assert as_seen(Prompts(mask=mask), frame).box == Box(10, 20, 15, 27)
    assert as_seen(Prompts(mask=mask, points=(Point(1, 1, positive=False),)), frame).box is not None
    assert as_seen(Prompts(mask=mask, points=(Point(12, 22),)), frame).box is None


def test_the_prompt_before_the_last_click_has_something_to_go_by() -> None:
    first, second = Point(1, 1), Point(2, 2, positive=False)
    assert before_last(Prompts(points=(first, second))) == Prompts(points=(first,))
    assert before_last(Prompts(points=(first,))) is None
    assert before_last(Prompts(points=(second, first))) is None
    assert before_last(Prompts(points=(first,), box=Box(0, 0, 5, 5))) == Prompts(box=Box(0, 0, 5, 5))
    assert before_last(Prompts(scribbles=(LINE, LINE))) == Prompts(scribbles=(LINE,))
    assert before_last(Prompts(box=Box(0, 0, 5, 5))) is None
