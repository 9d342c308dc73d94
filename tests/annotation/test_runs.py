"""Asking an engine for all cells, and seeing which engines there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.actions.jobs import MAX_RUNNING
from annotation.models import Image, Job, JobKind, JobState, Project, Role, User
from inference.cards import CARDS
from tests.annotation.export_scene import join, make_image, make_person, make_project, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which only Cellpose-SAM's file lies."""
    monkeypatch.setenv("CYTOMARK_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("CYTOMARK_CELLPOSE_SAM_CHECKPOINT", raising=False)
    monkeypatch.delenv("CYTOMARK_SAM_CHECKPOINT", raising=False)
    (tmp_path / "cpsam_v2").write_bytes(b"weights")
    return tmp_path


@pytest.fixture
def image(project: Project) -> Image:
    return make_image(project)


def ask(user: User, image: Image, engine: str = "cellpose-sam", **params: Any) -> Any:
    body = {"engine": engine, "params": params}
    return signed_in(user).post(f"/api/images/{image.pk}/runs", body, content_type="application/json")


def test_a_run_becomes_a_job_with_the_engine_and_its_params(owner: User, image: Image) -> None:
    answer = ask(owner, image, diameter=30, flow_error=0)
    assert answer.status_code == 201
    job = Job.objects.get(pk=answer.json()["id"])
    assert (job.kind, job.image_id, job.user_id) == (JobKind.SEGMENT, image.pk, owner.pk)
    assert job.params == {"engine": "cellpose-sam", "params": {"diameter": 30, "flow_error": 0}, "t": 0, "z": 0}


def test_a_run_knows_what_is_looked_at_and_whether_kept_flows_are_meant(owner: User, image: Image) -> None:
    first = {"top": 10, "left": 0, "bottom": 50.5, "right": 80}
    ask(owner, image, first=first, cached=True)
    assert Job.objects.get().params["params"] == {"first": first, "cached": True}


@pytest.mark.parametrize(
    "params",
    [
        {"diameter": 0}, {"diameter": 1e9}, {"flow_error": -1}, {"cell_probability": 1e300}, {"min_area": 2.5},
        {"min_area": -1}, {"threshold": 1}, {"diameter": "NaN"}, {"diameter": "Infinity"}, {"first": {"top": 1}},
        {"first": {"top": 0, "left": 0, "bottom": "NaN", "right": 9}}, {"cached": "maybe"},
    ],
)  # fmt: skip
def test_params_that_make_no_sense_are_refused(owner: User, image: Image, params: dict[str, Any]) -> None:
    assert ask(owner, image, **params).status_code == 422
    assert not Job.objects.exists()


@pytest.mark.parametrize("engine", ["sam", "nobody", "__proto__"])
def test_an_engine_that_does_not_find_all_cells_is_refused(owner: User, image: Image, engine: str) -> None:
    answer = ask(owner, image, engine)
    assert answer.status_code == 400
    assert "cellpose-sam" in answer.json()["message"]


def test_missing_weights_are_said_with_what_to_do(owner: User, image: Image, weights: Path) -> None:
    (weights / "cpsam_v2").unlink()
    answer = ask(owner, image)
    assert (answer.status_code, answer.json()["code"]) == (409, "engine")
    assert "manage.py weights fetch" in answer.json()["message"]


def test_the_same_run_twice_is_refused_until_the_first_has_ended(owner: User, image: Image) -> None:
    assert [ask(owner, image).status_code for _ in range(2)] == [201, 409]
    Job.objects.update(state=JobState.CANCELLED)
    assert ask(owner, image).status_code == 201


def test_who_has_too_much_waiting_waits_and_others_do_not(owner: User, project: Project, image: Image) -> None:
    Job.objects.bulk_create(Job(kind=JobKind.EXPORT, project=project, user=owner) for _ in range(MAX_RUNNING))
    assert ask(owner, image).status_code == 429
    assert ask(join(project, "bob", Role.ANNOTATOR), image).status_code == 201


@pytest.mark.parametrize(("role", "status"), [(Role.REVIEWER, 201), (Role.VIEWER, 403)])
def test_only_who_may_annotate_starts_runs(project: Project, image: Image, role: Role, status: int) -> None:
    assert ask(join(project, "bob", role), image).status_code == status


def test_outsiders_see_no_image() -> None:
    image = make_image(make_project(make_person("carol")))
    assert ask(make_person("eve"), image).status_code == 404


def test_engines_are_listed_with_what_is_missing(owner: User) -> None:
    found = {row["name"]: row for row in signed_in(owner).get("/api/engines").json()}
    assert list(found) == ["starter", "sam", "mobile-sam", "cellpose-sam", "cellpose", "unet", "segnet"]
    assert found["cellpose-sam"]["available"]
    assert "CC-BY-NC" in found["cellpose-sam"]["licence"]
    assert not found["sam"]["available"]
    assert "manage.py weights fetch sam_vit_b" in found["sam"]["problem"]
    assert {"auto", "prompt"} <= set(found["starter"]["capabilities"])
    assert Client().get("/api/engines").status_code == 401


def test_a_model_card_says_where_its_weights_come_from_and_what_was_measured(owner: User) -> None:
    found = {row["name"]: row for row in signed_in(owner).get("/api/engines").json()}
    (own,) = found["starter"]["weights"]
    assert own["here"]
    assert own["used"]
    assert own["url"] == own["command"] == ""
    assert len(own["sha256"]) == 64
    assert own["size"] < 20_000_000
    assert {"dataset", "measure", "value"} == set(found["starter"]["figures"][0])
    vit_b = found["sam"]["weights"][0]
    assert not vit_b["here"]
    assert not vit_b["used"]
    assert (vit_b["size"], vit_b["command"]) == (375_042_383, "manage.py weights fetch sam_vit_b")
    assert vit_b["url"].startswith("https://")
    assert all(row["about"] for row in found.values())


def test_there_is_a_page_for_each_model_and_none_for_others(owner: User, settings: Any, tmp_path: Path) -> None:
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text('{"src/main.tsx": {"file": "assets/main-1.js"}}')
    settings.FRONTEND_DIST = tmp_path
    client = signed_in(owner)
    for name, card in CARDS.items():
        assert card.title in client.get(f"/models/{name}/").content.decode()
    missing = client.get("/models/nonsense/")
    assert missing.status_code == 404
    assert "no model “nonsense”" in missing.content.decode()
