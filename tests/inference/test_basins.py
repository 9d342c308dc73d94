"""Prompts answered from a flow field whose cells are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from inference.basins import BASIN_LOGIT, cells_in_box, predict_basin
from inference.cells import FlowMaps
from inference.contracts import Box, Point, Prompts, Scribble
from inference.dynamics import follow_flows
from inference.flows import flow_targets
from inference.rle import Rle, encode, paste
from inference.training.synthetic import fluorescence

_, LABELS = fluorescence(21, height=160, width=240, cells=26)


def logits(labels_hw: np.ndarray) -> np.ndarray:
    """Distance to the nearest border in pixels, negative outside of cells."""
    return ndimage.distance_transform_edt(labels_hw > 0) - ndimage.distance_transform_edt(labels_hw == 0)


class Scene:
    """A field of true flows, at ``scale`` of the image."""

    def __init__(self, labels_hw: np.ndarray, scale: float = 1.0) -> None:
        self.labels_hw = labels_hw
        seen_hw = ndimage.zoom(labels_hw, scale, order=0, grid_mode=True, mode="nearest") if scale != 1 else labels_hw
        self.maps = FlowMaps(flow_targets(seen_hw), logits(seen_hw).astype(np.float32), *labels_hw.shape)
        self.basins_hw = follow_flows(self.maps.flow, self.maps.cell_hw > BASIN_LOGIT)

    def ask(self, prompts: Prompts) -> np.ndarray:
        """The best mask (row, column), empty where there is none."""
        results = predict_basin(self.maps, self.basins_hw, prompts)
        assert [result.score for result in results] == sorted((result.score for result in results), reverse=True)
        return self.drawn(results[0].mask) if results else np.zeros(self.labels_hw.shape, bool)

    def drawn(self, mask: Rle) -> np.ndarray:
        out_hw = np.zeros(self.labels_hw.shape, np.uint8)
        paste(mask, out_hw, 1)
        return out_hw > 0


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def inner(labels_hw: np.ndarray, label: int, *, positive: bool = True) -> Point:
    """The innermost pixel of a cell."""
    depth = ndimage.distance_transform_edt(np.pad(labels_hw == label, 1))[1:-1, 1:-1]
    row, col = np.unravel_index(np.argmax(depth), depth.shape)
    return Point(row + 0.5, col + 0.5, positive=positive)


def cells(*labels: int) -> np.ndarray:
    return np.isin(LABELS, labels)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(LABELS)


@pytest.mark.parametrize("scale", [1.0, 0.5, 1.5])
def test_a_click_gives_the_cell_under_it_whatever_the_scale_of_the_field(scale: float) -> None:
    field = Scene(LABELS, scale)
    found = [iou(field.ask(Prompts(points=(inner(LABELS, label),))), cells(label)) for label in range(1, 27)]
    assert np.median(found) > (0.98 if scale == 1 else 0.85)
    assert min(found) > 0.7


def test_further_clicks_join_and_negative_ones_take_away(scene: Scene) -> None:
    one, two, off = inner(LABELS, 3), inner(LABELS, 4), inner(LABELS, 4, positive=False)
    assert iou(scene.ask(Prompts(points=(one, two))), cells(3, 4)) > 0.97
    assert iou(scene.ask(Prompts(points=(one, off))), cells(3)) > 0.97
    stroke = Scribble(((one.row, one.col), (two.row, two.col)))
    assert not (scene.ask(Prompts(points=(off,), scribbles=(stroke,))) & cells(4)).any()


def test_a_box_gives_all_cells_that_lie_in_it_for_the_most_part(scene: Scene) -> None:
    box = Box(20, 30, 130, 200)
    inside = [
        label for label in range(1, 27) if (LABELS[20:130, 30:200] == label).sum() > 0.5 * (label == LABELS).sum()
    ]
    assert len(inside) > 5
    assert iou(scene.ask(Prompts(box=box)), cells(*inside)) > 0.97
    single = cells_in_box(scene.maps, scene.basins_hw, box)
    assert len(single) == len(inside)
    best = [max(iou(scene.drawn(one.mask), cells(label)) for one in single) for label in inside]
    assert min(best) > 0.9


def test_a_box_in_a_large_cell_gives_that_cell(scene: Scene) -> None:
    middle = inner(LABELS, 5)
    box = Box(middle.row - 3, middle.col - 3, middle.row + 3, middle.col + 3)
    assert iou(scene.ask(Prompts(box=box)), cells(5)) > 0.97


def test_a_negative_click_in_a_box_takes_one_cell_away(scene: Scene) -> None:
    box = Prompts(box=Box(0, 0, 160, 240))
    off = Prompts(box=box.box, points=(inner(LABELS, 7, positive=False),))
    assert (scene.ask(box) & cells(7)).any()
    assert not (scene.ask(off) & cells(7)).sum() > 0.05 * cells(7).sum()
    assert iou(scene.ask(off), cells(*(label for label in range(1, 27) if label != 7))) > 0.95


def test_a_mask_is_refined_to_the_cells_that_it_covers(scene: Scene) -> None:
    rough = np.roll(ndimage.binary_erosion(cells(6), iterations=2), 2, axis=1)
    assert iou(rough, cells(6)) < 0.8
    assert iou(scene.ask(Prompts(mask=encode(rough))), cells(6)) > 0.97
    both = ndimage.binary_erosion(cells(6)) | ndimage.binary_erosion(cells(9))
    assert iou(scene.ask(Prompts(mask=encode(both))), cells(6, 9)) > 0.97


def test_a_scribble_means_the_cells_under_it(scene: Scene) -> None:
    one, two = inner(LABELS, 2), inner(LABELS, 8)
    in_one = Scribble(((one.row - 2, one.col), (one.row + 2, one.col + 1)))
    assert iou(scene.ask(Prompts(scribbles=(in_one,))), cells(2)) > 0.97
    in_two = Scribble(((two.row, two.col - 2), (two.row, two.col + 2)))
    assert iou(scene.ask(Prompts(scribbles=(in_one, in_two))), cells(2, 8)) > 0.97


def dumbbell() -> np.ndarray:
    """Two discs that overlap a little, as one label."""
    rows, cols = np.mgrid[:80, :120]
    discs = [(rows - 40) ** 2 + (cols - col) ** 2 < 20**2 for col in (42, 74)]
    return (discs[0] | discs[1]).astype(np.int32)


def two_flows() -> Scene:
    """A field that flows to the middles of both discs, while the basins do not tell them apart."""
    whole_hw = dumbbell()
    scene = Scene(np.where(np.arange(120) < 58, 1, 2) * whole_hw)
    scene.basins_hw = whole_hw
    scene.maps = FlowMaps(scene.maps.flow, logits(whole_hw).astype(np.float32), 80, 120)
    return scene


@pytest.mark.parametrize("scene", [two_flows(), Scene(dumbbell())], ids=["two middles", "one middle"])
@pytest.mark.parametrize(("on", "off"), [(42, 74), (74, 42)])
def test_a_negative_click_splits_what_was_taken_for_one_cell(scene: Scene, on: int, off: int) -> None:
    half = (dumbbell() > 0) & ((np.arange(120) < 58) == (on < 58))
    found = scene.ask(Prompts(points=(Point(40.5, on + 0.5), Point(40.5, off + 0.5, positive=False))))
    assert iou(found, half) > 0.8
    scribble = Scribble(((30.0, off + 0.5), (50.0, off + 0.5)), positive=False)
    found = scene.ask(Prompts(points=(Point(40.5, on + 0.5),), scribbles=(scribble,)))
    assert iou(found, half) > 0.7


def test_a_negative_click_on_the_faint_rim_raises_the_threshold(scene: Scene) -> None:
    whole = cells(5)
    rows, cols = np.nonzero(whole)
    rim = int(np.argmax(rows))
    off = Point(rows[rim] + 0.5, cols[rim] + 0.5, positive=False)
    found = scene.ask(Prompts(points=(inner(LABELS, 5), off)))
    assert not found[rows[rim], cols[rim]]
    assert 0.4 * whole.sum() < found.sum() < whole.sum()
    assert (found <= whole).all()


def test_far_from_any_cell_there_is_nothing() -> None:
    labels_hw = np.zeros((100, 100), np.int32)
    labels_hw[60:80, 60:80] = 1
    field = Scene(labels_hw)
    assert predict_basin(field.maps, field.basins_hw, Prompts(points=(Point(10, 10),))) == []
    assert predict_basin(field.maps, field.basins_hw, Prompts(box=Box(0, 0, 30, 30))) == []
    assert predict_basin(field.maps, field.basins_hw, Prompts(mask=encode(np.ones((20, 20), bool)))) == []
    assert cells_in_box(field.maps, field.basins_hw, Box(0, 0, 30, 30)) == []


places = st.tuples(st.floats(0, 159.9), st.floats(0, 239.9))
clicks = st.lists(st.builds(lambda at, sign: Point(*at, positive=sign), places, st.booleans()), max_size=5)
paths = st.lists(places, min_size=1, max_size=4)
strokes = st.lists(st.builds(lambda at, sign: Scribble(tuple(at), positive=sign), paths, st.booleans()), max_size=2)
sizes = st.tuples(st.floats(1, 200), st.floats(1, 200))
boxes = st.none() | st.builds(lambda at, size: Box(*at, at[0] + size[0], at[1] + size[1]), places, sizes)


@settings(max_examples=60, deadline=None)
@given(first=places, points=clicks, scribbles=strokes, box=boxes)
def test_whatever_is_asked_masks_keep_to_the_prompt(
    first: tuple[float, float], points: list[Point], scribbles: list[Scribble], box: Box | None
) -> None:
    field = SCENE
    prompts = Prompts(points=(Point(*first), *points), scribbles=tuple(scribbles), box=box)
    results = predict_basin(field.maps, field.basins_hw, prompts)
    assert results == predict_basin(field.maps, field.basins_hw, prompts)
    assert len(results) <= 3
    for result in results:
        mask_hw = field.drawn(result.mask)
        assert mask_hw.sum() == result.mask.area > 0
        assert 0 <= result.score <= 1
        for point in points:
            if not point.positive:
                assert not mask_hw[int(point.row), int(point.col)]


SCENE = Scene(LABELS)
