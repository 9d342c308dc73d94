"""The audit log: everything that is no change of cells is in it, and nobody can change it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

from annotation.actions.audit import do_audit
from annotation.models import AuditEntry, AuditKind, User
from tests.annotation.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Client:
    return world.client("owner")


def entries(world: World, **query: Any) -> list[dict[str, Any]]:
    return world.client("manager").get(f"/api/projects/{world.project.pk}/audit", query).json()


def test_what_is_done_to_a_project_is_written_down_with_what_it_was_before(world: World, owner: Client) -> None:
    path, project = f"/api/projects/{world.project.pk}", world.project
    viewer, label_class, image = world.users["viewer"].pk, world.ids["class_id"], world.image.pk
    done = [
        ("patch", path, {"name": "Yeast"}),
        ("put", f"{path}/workflow", {"next_order": "worst", "work_limit": 2}),
        ("post", f"{path}/members", {"username": "guest", "role": "viewer"}),
        ("patch", f"{path}/members/{viewer}", {"role": "reviewer"}),
        ("delete", f"{path}/members/{viewer}", {}),
        ("post", f"{path}/classes", {"name": "=HYPERLINK(1)"}),
        ("patch", f"{path}/classes/{label_class}", {"name": "Nucleus"}),
        ("delete", f"{path}/classes/{label_class}", {}),
        ("patch", f"/api/images/{image}", {"name": "b.tif"}),
        ("post", f"{path}/exports", {"format": "coco"}),
        ("delete", f"/api/images/{image}", {}),
    ]
    for method, address, body in done:
        answer = getattr(owner, method)(address, data=body, content_type="application/json")
        assert answer.status_code < 300, answer.content
    found = [one for one in entries(world) if not one["kind"].startswith("sign")]
    assert [(one["kind"], one["subject"]) for one in reversed(found)] == [
        ("project_renamed", "Yeast"), ("settings", "work"), ("member_added", "guest"), ("member_role", "viewer"),
        ("member_removed", "viewer"), ("class_created", "=HYPERLINK(1)"), ("class_changed", "Nucleus"),
        ("class_deleted", "Nucleus"), ("image_renamed", "b.tif"), ("export", "coco"), ("image_deleted", "b.tif"),
    ]  # fmt: skip
    assert {one["actor_name"] for one in found} == {"owner"}
    assert found[-1]["details"] == {"before": "Nuclei"}
    assert found[-4]["details"]["before"] == "viewer"
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{path}/audit.csv", {"kind": "class_created"}).content.decode())))
    assert [row["subject"] for row in rows] == ["'=HYPERLINK(1)"], "no spreadsheet runs it"
    assert project.pk is not None


def test_every_kind_can_be_read_and_asked_for(world: World) -> None:
    for kind in AuditKind:
        do_audit(world.users["owner"], kind, project=world.project, subject="x")
        assert entries(world, kind=kind.value)[0]["kind"] == kind.value


def test_tokens_snapshots_and_what_everybody_sees_are_written_down_too(world: World, owner: Client) -> None:
    body = {"name": "notebook", "scopes": [], "days": 1}
    made = owner.post("/api/tokens", body, content_type="application/json").json()
    assert made["token"] not in str(list(AuditEntry.objects.values()))
    looks = f"images/{world.image.pk}/project-looks"
    for address in (f"tokens/{made['id']}", f"snapshots/{world.ids['snapshot_id']}", looks):
        assert owner.delete(f"/api/{address}").status_code == 204
    found = [(one["kind"], one["subject"]) for one in entries(world) if not one["kind"].startswith("sign")]
    assert found == [
        ("settings", "looks"), ("snapshot_deleted", "January"), ("token_removed", "notebook"),
        ("token_made", "notebook"),
    ]  # fmt: skip


def test_postgres_refuses_to_change_or_delete_an_entry(world: World, owner: Client) -> None:
    assert AuditEntry.objects.exists()
    for change in (lambda: AuditEntry.objects.update(subject="x"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_sign_ins_and_what_failed_are_seen_by_managers_of_the_persons_projects_alone(world: World) -> None:
    user = world.users["annotator"]
    user.set_password("a long pass phrase")
    user.save()
    for password in ("wrong", "a long pass phrase"):
        Client().post("/sign-in/", {"login": "Annotator", "password": password})
    Client().post("/sign-in/", {"login": "my secret password", "password": "x"})
    found = [(one["kind"], one["actor_name"]) for one in entries(world, person=user.pk)]
    assert found == [("sign_in", "annotator"), ("sign_in_failed", "annotator")]
    theirs = world.client("neighbour").get(f"/api/projects/{world.other.pk}/audit").json()
    assert {one["actor_name"] for one in theirs} <= {"neighbour", "guest"}
    assert "secret" not in str(list(AuditEntry.objects.values()))
    world.client("annotator").post("/sign-out/")
    assert entries(world, kind="sign_out")[0]["actor_name"] == "annotator"


def test_days_beyond_the_calendar_are_refused(world: World, owner: Client) -> None:
    for hostile in ("until=9999-12-31", "since=0001-01-01", "since=x", "before=x", "kind=none"):
        for kind in ("audit", "audit.csv"):
            assert owner.get(f"/api/projects/{world.project.pk}/{kind}?{hostile}").status_code == 422


def test_entries_are_filtered_by_day_and_come_in_pages(world: World) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(kind="export", project=world.project, actor_name="x", subject=str(n)) for n in range(120)
    )
    first = entries(world, kind="export")
    rest = entries(world, kind="export", before=first[-1]["id"])
    assert [int(one["subject"]) for one in first + rest] == list(range(119, -1, -1))
    assert entries(world, until="2020-01-01") == []
    assert len(entries(world, since="2020-01-01", kind="export")) == 100
    link = world.client("manager").get(f"/api/projects/{world.project.pk}/audit?kind=export").headers["Link"]
    path = link.partition(">")[0].lstrip("<")
    last = world.client("manager").get(path)
    assert (last.json(), "Link" in last.headers) == (rest, False)
    assert world.client("manager").get(f"/api/projects/{world.project.pk}/audit?kind=x").status_code == 422


def test_the_administrator_prints_the_log_of_the_server_and_it_outlives_accounts(world: World) -> None:
    gone = User.objects.create_user("gone", email="gone@lab.example")
    world.users["gone"] = gone
    world.client("gone")
    gone.delete()
    text = io.StringIO()
    call_command("audit", kind="sign_in", stdout=text)
    assert [row["person"] for row in csv.DictReader(io.StringIO(text.getvalue()))] == ["gone"]
