"""Cells of one slice and frame know nothing of those above, below, before and after."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest

from annotation.actions.operations import do_push
from annotation.actions.runs import do_create_run
from annotation.errors import AppError, ErrorCode
from annotation.events import embed_address, plane_of_address
from annotation.models import Annotation, Job, JobState
from annotation.protocol import Ack, CreateCell, JobUpdate
from annotation.queries import cell_states
from annotation.replies import AnnotationReplies
from inference.contracts import MaskResult, Part, Provenance
from inference.rle import encode
from tests.factories import BY_HAND, Tab, delete, make_image, make_project, make_user, reshape, square

pytestmark = pytest.mark.django_db


class Stack:
    """Ann in an image of two frames of five slices."""

    def __init__(self) -> None:
        self.ann, self.tab = make_user(), Tab()
        self.image = make_image(make_project(self.ann), size_t=2, size_z=5)

    def push(self, *changes: Any, undo: uuid.UUID | None = None) -> Ack:
        return do_push(self.ann, self.image.pk, self.tab.push(*changes, undo=undo))


def draw(left: int, *, t: int = 0, z: int = 0) -> CreateCell:
    return CreateCell(
        change="create", id=uuid.uuid4(), mask=square(5, left, size=6), provenance=BY_HAND, t=t, z=z
    )  # fmt: skip


@pytest.fixture
def stack() -> Stack:
    return Stack()


def test_cells_of_two_planes_may_cover_the_same_place(stack: Stack) -> None:
    below, above, later = draw(5), draw(5, z=1), draw(5, t=1)
    assert stack.push(below, above, later).outcome == "commit"
    states = {state.id: state for state in cell_states(stack.image.pk)}
    assert [(states[one.id].t, states[one.id].z) for one in (below, above, later)] == [(0, 0), (0, 1), (1, 0)]
    assert {state.mask.width for state in states.values()} == {6}


def test_cells_of_one_plane_never_overlap(stack: Stack) -> None:
    first, second = draw(5, t=1, z=3), draw(8, t=1, z=3)
    stack.push(first)
    stack.push(second)
    assert Annotation.objects.get(pk=second.id).left == 11
    refused = stack.push(draw(5, t=1, z=3))
    assert (refused.outcome, refused.code) == ("discard", ErrorCode.COVERED)


def test_a_new_shape_has_the_room_of_its_own_plane(stack: Stack) -> None:
    low, high = draw(5, z=1), draw(20, z=2)
    stack.push(low, high)
    assert stack.push(reshape(high.id, square(5, 5, size=6))).outcome == "commit"
    assert (Annotation.objects.get(pk=high.id).left, Annotation.objects.get(pk=high.id).z) == (5, 2)


def test_a_deleted_cell_comes_back_where_another_plane_is_taken(stack: Stack) -> None:
    gone = draw(5, z=1)
    stack.push(gone)
    deleted = stack.push(delete(gone.id))
    stack.push(draw(5, z=2))
    assert stack.push(undo=deleted.id).outcome == "commit"
    deleted = stack.push(delete(gone.id, base=3))
    stack.push(draw(5, z=1))
    assert stack.push(undo=deleted.id).code == ErrorCode.CHANGED_SINCE


@pytest.mark.parametrize("where", [{"t": 2}, {"z": 5}, {"t": 1_000_000, "z": 1_000_000}])
def test_a_plane_that_the_image_does_not_have_is_refused(stack: Stack, where: dict[str, int]) -> None:
    refused = stack.push(draw(5, **where))
    assert (refused.outcome, refused.code) == ("discard", ErrorCode.BAD_REQUEST)
    assert not Annotation.objects.exists()


def test_a_run_adds_its_cells_to_the_plane_that_it_looked_at(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.actions.runs.check_engine", lambda _name: None)
    stack.push(draw(0, z=0))
    job = do_create_run(stack.ann, stack.image, (1, 4), engine="starter", params={})
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempt=1)
    found = Part(0, (MaskResult(encode(np.ones((8, 8), bool), top=5, left=0), 0.5),))
    assert AnnotationReplies().part(str(job.pk), 1, found, provenance=Provenance("starter", "0" * 64, "v1", {}))
    cell = Annotation.objects.get(t=1)
    assert (cell.z, cell.area) == (4, 64)
    with pytest.raises(AppError, match="for you already"):
        do_create_run(stack.ann, stack.image, (1, 4), engine="starter", params={})
    assert do_create_run(stack.ann, stack.image, (1, 3), engine="starter", params={}).params["z"] == 3
    with pytest.raises(AppError, match="no such slice"):
        do_create_run(stack.ann, stack.image, (2, 0), engine="starter", params={})


def test_people_are_told_which_plane_is_being_prepared(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[JobUpdate] = []
    monkeypatch.setattr("annotation.replies.send_job", lambda _image, update: told.append(update))
    address = embed_address(stack.image.pk, 1, 4)
    AnnotationReplies().job(address, {"engine": "sam", "state": "running", "fraction": 0.5})
    assert [(update.t, update.z, update.state) for update in told] == [(1, 4, "running")]
    assert plane_of_address(address) == (stack.image.pk, 1, 4)
