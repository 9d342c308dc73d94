"""A run writes its cells part by part, and is one step for who undoes it."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from annotation.actions.jobs import do_create_job
from annotation.actions.operations import do_push
from annotation.errors import ErrorCode
from annotation.models import Annotation, Image, Job, JobKind, JobState, Operation, User
from annotation.protocol import Ack, CellState
from annotation.queries import cell_states, get_catch_up
from annotation.replies import AnnotationReplies
from inference.contracts import MaskResult, Part, Provenance
from inference.rle import encode
from tests.factories import Tab, create, make_image, make_project, make_user, reshape, square

pytestmark = pytest.mark.django_db

FOUND = Provenance("cellpose-sam", "0" * 64, "v1", {})


class Scene:
    """Ann, who has started a run, and Bo, in one image."""

    def __init__(self) -> None:
        self.ann, self.bo = make_user(), make_user()
        self.project = make_project(self.ann, annotator=self.bo)
        self.image = make_image(self.project, height=200, width=200)
        self.tabs = {self.ann.pk: Tab(), self.bo.pk: Tab()}
        self.port = AnnotationReplies()
        params = {"engine": "cellpose-sam", "params": {}}
        self.job = do_create_job(JobKind.SEGMENT, project=self.project, user=self.ann, image=self.image, params=params)
        Job.objects.filter(pk=self.job.pk).update(state=JobState.RUNNING, attempt=1)

    def push(self, user: User, *changes, undo: uuid.UUID | None = None) -> Ack:
        return do_push(user, self.image.pk, self.tabs[user.pk].push(*changes, undo=undo))

    def part(self, number: int, *, cells: int = 3) -> None:
        found = [encode(np.ones((8, 8), bool), top=10 * number, left=10 * at) for at in range(cells)]
        part = Part(number, tuple(MaskResult(mask, 0.5) for mask in found))
        assert self.port.part(str(self.job.pk), 1, part, provenance=FOUND)

    def finish(self) -> None:
        self.port.finished(str(self.job.pk), 1, seconds=1.0)

    def live(self) -> int:
        return Annotation.objects.filter(image=self.image, deleted=False).count()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_run_of_many_parts_is_undone_and_redone_as_one_step(scene: Scene) -> None:
    for number in range(3):
        scene.part(number)
    scene.finish()
    [undoable] = {scene.push(scene.bo, create(square(100, 100))).undoable} - {None}
    assert undoable != scene.job.pk
    back = scene.push(scene.ann, undo=scene.job.pk)
    assert (back.outcome, len(back.removed), scene.live()) == ("commit", 9, 1)
    assert back.redoable is not None
    forth = scene.push(scene.ann, undo=back.redoable)
    assert (forth.outcome, scene.live(), forth.undoable) == ("commit", 10, Operation.objects.latest("clock").pk)
    assert scene.push(scene.ann, undo=forth.undoable).outcome == "commit"
    assert scene.live() == 1


def test_any_part_stands_for_the_whole_run(scene: Scene) -> None:
    scene.part(0)
    scene.part(1)
    scene.finish()
    last = Operation.objects.latest("clock")
    assert last.kind == "part"
    assert scene.push(scene.ann, undo=last.pk).outcome == "commit"
    assert scene.live() == 0
    assert scene.push(scene.ann, undo=last.pk).code == ErrorCode.NOTHING_TO_UNDO


def test_what_i_did_while_it_ran_is_undone_before_it(scene: Scene) -> None:
    scene.part(0)
    mine = scene.push(scene.ann, create(square(150, 150)))
    scene.part(1)
    scene.finish()
    after = scene.push(scene.ann, undo=mine.undoable)
    assert mine.undoable == mine.id
    assert after.undoable == scene.job.pk
    assert scene.push(scene.ann, undo=after.undoable).undoable is None


def test_a_run_that_goes_on_is_not_undone_and_says_why(scene: Scene) -> None:
    scene.part(0)
    for state in (JobState.RUNNING, JobState.QUEUED):
        Job.objects.update(state=state)
        refused = scene.push(scene.ann, undo=scene.job.pk)
        assert (refused.outcome, refused.code) == ("discard", ErrorCode.CONFLICT)
        assert "still being found" in refused.message
    Job.objects.update(state=JobState.CANCELLED)
    assert scene.push(scene.ann, undo=scene.job.pk).outcome == "commit"


def test_a_run_is_not_undone_over_somebody_s_change(scene: Scene) -> None:
    scene.part(0)
    scene.part(1)
    scene.finish()
    cell = Annotation.objects.order_by("label").last()
    assert scene.push(scene.bo, reshape(cell.pk, square(90, 90, 12), base=1)).outcome == "commit"
    refused = scene.push(scene.ann, undo=scene.job.pk)
    assert refused.code == ErrorCode.CHANGED_SINCE
    assert [state.id for state in refused.cells] == [cell.pk]
    assert scene.live() == 6


def test_nobody_else_undoes_a_run(scene: Scene) -> None:
    scene.part(0)
    scene.part(1)
    scene.finish()
    for operation in Operation.objects.all():
        assert scene.push(scene.bo, undo=operation.pk).code == ErrorCode.FORBIDDEN


def test_cells_of_a_running_run_can_be_edited(scene: Scene) -> None:
    scene.part(0)
    cell = Annotation.objects.earliest("label")
    assert scene.push(scene.bo, reshape(cell.pk, square(90, 90, 12), base=1)).outcome == "commit"
    scene.part(1)
    cell.refresh_from_db()
    assert cell.area == 144


def test_r6_old_snapshot_plus_parts_is_the_fresh_snapshot(scene: Scene) -> None:
    scene.part(0)
    old = get_catch_up(scene.image.pk, client_id=uuid.uuid4(), clock=None)
    scene.part(1)
    scene.part(2, cells=1)
    scene.finish()
    scene.push(scene.ann, undo=scene.job.pk)
    missed = get_catch_up(scene.image.pk, client_id=uuid.uuid4(), clock=old.clock)
    cells: dict[uuid.UUID, CellState] = {cell.id: cell for cell in old.snapshot or []}
    for patch in missed.patches:
        cells.update({cell.id: cell for cell in patch.cells})
        for gone in patch.removed:
            cells.pop(gone)
    assert list(cells.values()) == cell_states(scene.image.pk) == []


def test_parts_find_only_the_cells_around_them_in_the_way(scene: Scene) -> None:
    scene.push(scene.bo, create(square(8, 0, 8)))
    scene.part(0)
    scene.part(1)
    assert scene.live() == 1 + 3 + 2, "of the second part's first cell most is taken"


def test_a_run_adds_nothing_to_an_image_that_was_accepted_meanwhile(scene: Scene) -> None:
    scene.part(0)
    Image.objects.update(status="accepted")
    found = Part(1, (MaskResult(encode(np.ones((8, 8), bool), top=90, left=90), 0.5),))
    assert not scene.port.part(str(scene.job.pk), 1, found, provenance=FOUND)
    scene.job.refresh_from_db()
    assert (scene.live(), scene.job.state) == (3, JobState.FAILED)
    assert scene.job.message.startswith("This image is accepted.")
