"""How inference's answers become rows: claimed once, stopped when cancelled, written once (R13–R15)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from django.utils import timezone

from annotation.actions.jobs import MAX_ATTEMPTS, do_cancel_job, do_create_job, do_renew_lease, do_sweep_jobs
from annotation.heartbeats import Heartbeats
from annotation.models import Annotation, Job, JobKind, JobState, LabelClass, Operation
from annotation.replies import AnnotationReplies
from inference.contracts import MaskResult, Part, Provenance
from inference.rle import encode
from tests.factories import make_image, make_project, make_user

pytestmark = pytest.mark.django_db

PORT = AnnotationReplies()


@pytest.fixture(autouse=True)
def no_beat_after_the_end() -> Iterator[None]:
    yield
    for job_id in list(PORT.heartbeats._ends):
        PORT.heartbeats.stop(job_id)


FOUND = Provenance("starter", "0" * 64, "v1", {})


CELLS = (
    MaskResult(encode(np.ones((10, 10), bool), top=2, left=3), 0.9),
    MaskResult(encode(np.ones((10, 20), bool), top=30, left=30), 0.8),
)


@pytest.fixture
def job() -> Job:
    user = make_user()
    project = make_project(user)
    params = {"engine": "starter", "params": {}}
    return do_create_job(JobKind.SEGMENT, project=project, user=user, image=make_image(project), params=params)


def finish(job: Job, attempt: int = 1) -> None:
    PORT.part(str(job.pk), attempt, Part(0, CELLS), provenance=FOUND)
    PORT.finished(str(job.pk), attempt, seconds=1.0)
    job.refresh_from_db()


def hand_over(job: Job, number: int, *, attempt: int = 1, cells: int = 1) -> bool:
    """A part with squares in a row of its own."""
    square = np.ones((6, 6), bool)
    found = tuple(MaskResult(encode(square, top=10 * number, left=10 * at), 0.5) for at in range(cells))
    return PORT.part(str(job.pk), attempt, Part(number, found), provenance=FOUND)


def test_a_run_adds_its_cells_as_one_operation_of_who_asked(job: Job) -> None:
    assert PORT.progress(str(job.pk), 1, 0.0)
    assert PORT.progress(str(job.pk), 1, 0.0), "an engine may say twice that it begins"
    assert PORT.progress(str(job.pk), 1, 0.5)
    finish(job)
    assert (job.state, job.progress, job.message) == (JobState.DONE, 1.0, "2 cells found, 2 added")
    operation = Operation.objects.get()
    assert (operation.kind, operation.actor) == ("run", job.user)
    assert sorted(Annotation.objects.values_list("area", flat=True)) == [100, 200]
    assert Annotation.objects.earliest("label").provenance["score"] == 0.9


def test_r15_a_result_counts_once(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    finish(job)
    finish(job)
    assert Annotation.objects.count() == 2


def test_a_cancelled_run_stops_and_writes_nothing(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    do_cancel_job(Job.objects.get(pk=job.pk))
    assert not PORT.progress(str(job.pk), 1, 0.5)
    finish(job)
    assert (job.state, Annotation.objects.count()) == (JobState.CANCELLED, 0)


def test_r13_what_a_dead_worker_left_is_done_again_by_another(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    Job.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert do_sweep_jobs() == 1
    assert PORT.progress(str(job.pk), 2, 0.0)
    finish(job, attempt=1)
    assert job.state == JobState.RUNNING, "the dead one's result comes too late"
    finish(job, attempt=2)
    assert (job.state, Annotation.objects.count()) == (JobState.DONE, 2)


def test_r14_a_job_that_kills_its_worker_is_given_up(job: Job) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert PORT.progress(str(job.pk), attempt, 0.0)
        Job.objects.update(lease_until="2020-01-01T00:00:00Z")
        do_sweep_jobs()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert not PORT.progress(str(job.pk), MAX_ATTEMPTS + 1, 0.0)


def test_r16_what_the_broker_lost_is_sent_again(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("annotation.actions.jobs.enqueue_job", lambda job: sent.append(str(job.pk)))
    assert do_sweep_jobs() == 0
    Job.objects.update(updated_at="2020-01-01T00:00:00Z")
    assert do_sweep_jobs() == 1
    assert sent == [str(job.pk)]


def test_a_permanent_failure_says_why(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    PORT.failed(str(job.pk), 1, {"code": "weights_missing", "message": "No weights.", "permanent": True})
    job.refresh_from_db()
    assert (job.state, job.message) == (JobState.FAILED, "No weights.")


def test_found_cells_keep_clear_of_those_that_are_there(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    finish(job)
    again = do_create_job(JobKind.SEGMENT, project=job.project, user=job.user, image=job.image, params=job.params)
    PORT.progress(str(again.pk), 1, 0.0)
    finish(again)
    assert again.message == "2 cells found, 0 added"
    assert Annotation.objects.count() == 2


def test_each_part_is_seen_at_once_and_all_are_one_run(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    for number in range(3):
        assert hand_over(job, number, cells=2)
        assert Annotation.objects.count() == 2 * (number + 1)
    assert hand_over(job, 3, cells=0)
    assert [(op.kind, op.part_of_id) for op in Operation.objects.order_by("clock")] == [
        ("run", None), ("part", job.pk), ("part", job.pk),
    ]  # fmt: skip
    PORT.finished(str(job.pk), 1, seconds=2.0)
    job.refresh_from_db()
    assert job.message == "6 cells found, 6 added"
    assert job.result == {"found": 6, "added": 6, "seconds": 2.0}


def test_r13_parts_that_a_dead_worker_wrote_are_not_written_again(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    hand_over(job, 0, cells=2)
    hand_over(job, 1, cells=2)
    Annotation.objects.filter(label=1).update(deleted=True)
    Job.objects.update(lease_until="2020-01-01T00:00:00Z")
    do_sweep_jobs()
    assert PORT.progress(str(job.pk), 2, 0.0)
    assert not hand_over(job, 2, attempt=1), "the dead one's part comes too late"
    for number in (1, 0, 2):
        assert hand_over(job, number, attempt=2, cells=2)
    PORT.finished(str(job.pk), 2, seconds=2.0)
    job.refresh_from_db()
    assert job.message == "6 cells found, 6 added"
    assert Annotation.objects.count() == 6
    assert Annotation.objects.filter(deleted=False).count() == 5, "what a person deleted stays deleted"


def test_a_run_that_is_stopped_keeps_its_cells_and_says_so(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    hand_over(job, 0, cells=3)
    do_cancel_job(Job.objects.get(pk=job.pk))
    assert not hand_over(job, 1)
    job.refresh_from_db()
    assert job.message == "Stopped. 3 cells found so far were kept. Undo removes them."
    assert Annotation.objects.count() == 3


def test_a_run_that_fails_half_way_says_what_it_left(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    hand_over(job, 0)
    PORT.failed(str(job.pk), 1, {"code": "image_unsupported", "message": "It cannot be read.", "permanent": True})
    job.refresh_from_db()
    assert job.message == "It cannot be read. 1 cell found so far was kept. Undo removes it."


def test_cells_of_a_named_kind_get_the_project_s_class(job: Job) -> None:
    LabelClass.objects.create(project=job.project, name="Tumour", colour="#ff0000", position=0)
    PORT.progress(str(job.pk), 1, 0.0)
    PORT.part(str(job.pk), 1, Part(0, CELLS, ("tumour", "stroma")), provenance=FOUND)
    names = Annotation.objects.order_by("label").values_list("label_class__name", flat=True)
    assert list(names) == ["Tumour", None]


@pytest.mark.django_db(transaction=True)
def test_r13_a_living_worker_keeps_its_lease_through_a_long_step(job: Job) -> None:
    beats = Heartbeats(seconds=0.05)
    PORT.progress(str(job.pk), 1, 0.0)
    Job.objects.update(lease_until="2020-01-01T00:00:00Z")
    beats.start(str(job.pk), 1)
    deadline = time.monotonic() + 5
    while Job.objects.get().lease_until < timezone.now() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert do_sweep_jobs() == 0
    beats.stop(str(job.pk))


def test_r15_a_lost_lease_is_not_renewed(job: Job) -> None:
    PORT.progress(str(job.pk), 1, 0.0)
    assert do_renew_lease(job.pk, 1)
    assert not do_renew_lease(job.pk, 2)
    do_cancel_job(Job.objects.get(pk=job.pk))
    assert not do_renew_lease(job.pk, 1)
