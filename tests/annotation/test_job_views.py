"""Seeing and stopping background work."""

from __future__ import annotations

import pytest

from annotation.models import Job, JobKind, JobState, Role
from tests.annotation.export_scene import join, make_person, make_project, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MANAGER, 200), (Role.ANNOTATOR, 403), (Role.REVIEWER, 403), (Role.VIEWER, 403)]
)
def test_others_jobs_are_stopped_by_managers_only(role: Role, status: int) -> None:
    owner = make_person("ada")
    project = make_project(owner)
    job = Job.objects.create(kind=JobKind.EXPORT, project=project, user=owner, params={"format": "coco"})
    client = signed_in(join(project, "bob", role))
    assert client.get(f"/api/jobs/{job.pk}").status_code == 200
    assert client.post(f"/api/jobs/{job.pk}/cancel").status_code == status
    assert Job.objects.get().state == (JobState.CANCELLED if status == 200 else JobState.QUEUED)


def test_ones_own_job_can_be_stopped_and_an_ended_one_stays_as_it_is() -> None:
    project = make_project(make_person("ada"))
    bob = join(project, "bob", Role.ANNOTATOR)
    job = Job.objects.create(kind=JobKind.EXPORT, project=project, user=bob)
    assert signed_in(bob).post(f"/api/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    assert signed_in(bob).post(f"/api/jobs/{job.pk}/cancel").json()["state"] == "done"


def test_outsiders_see_no_job() -> None:
    project = make_project(make_person("ada"))
    job = Job.objects.create(kind=JobKind.EXPORT, project=project)
    assert signed_in(make_person("eve")).get(f"/api/jobs/{job.pk}").status_code == 404
    assert signed_in(make_person("mallory")).post(f"/api/jobs/{job.pk}/cancel").status_code == 404
