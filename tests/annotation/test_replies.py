"""How inference's answers become rows: claimed once, stopped when cancelled, written once (R13–R15)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from django.utils import timezone

from annotation.actions.jobs import MAX_ATTEMPTS, do_cancel_job, do_create_job, do_renew_lease, do_sweep_jobs
from annotation.heartbeats import Heartbeats
from annotation.models import Annotation, Job, JobKind, JobState, Operation
from annotation.replies import AnnotationReplies
from inference.contracts import Provenance, Segmentation
from tests.factories import make_image, make_project, make_user

pytestmark = pytest.mark.django_db

PORT = AnnotationReplies()


@pytest.fixture(autouse=True)
def no_beat_after_the_end() -> Iterator[None]:
    yield
    for job_id in list(PORT.heartbeats._ends):
        PORT.heartbeats.stop(job_id)


FOUND = Provenance("starter", "0" * 64, "v1", {})


def labels() -> Segmentation:
    labels_hw = np.zeros((60, 80), np.int32)
    labels_hw[2:12, 3:13] = 1
    labels_hw[30:40, 30:50] = 2
    return Segmentation(labels_hw, (0.9, 0.8))


@pytest.fixture
def job() -> Job:
    user = make_user()
    project = make_project(user)
    params = {"engine": "starter", "params": {}}
    return do_create_job(JobKind.SEGMENT, project=project, user=user, image=make_image(project), params=params)


def finish(job: Job, attempt: int = 1) -> None:
    PORT.segmentation(str(job.pk), attempt, labels(), provenance=FOUND, seconds=1.0)
    job.refresh_from_db()


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
