"""What people are told of, where, and when by e-mail."""

from __future__ import annotations

import json
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from annotation.actions import mailing
from annotation.actions.jobs import do_create_job, do_fail_job, do_finish_job
from annotation.actions.mailing import do_send_mails
from annotation.actions.notifications import do_notify
from annotation.models import (
    Image,
    Job,
    JobKind,
    JobState,
    Membership,
    Notification,
    NotificationChoice,
    NotificationKind,
)
from tests.annotation.world import World, make_image, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def ask(world: World, actor: str, method: str, path: str, body: Any = None) -> Any:
    answer = world.client(actor).generic(method, path, json.dumps(body), content_type="application/json")
    assert answer.status_code in {200, 201, 204}, answer.content
    return answer.json()


def tell(world: World, actor: str = "annotator", text: str = "Something happened.") -> None:
    do_notify([world.users[actor]], NotificationKind.JOB, project_id=world.project.pk, image=world.image, text=text)


def choose(world: World, mailing: str, muted: tuple[str, ...] = ()) -> None:
    ask(world, "annotator", "PUT", "/api/notifications/settings", {"mailing": mailing, "muted": list(muted)})


def texts(actor: str) -> list[str]:
    return [one.text for one in Notification.objects.filter(user__username=actor)]


def test_whoever_is_assigned_images_is_told_once_of_all(world: World) -> None:
    images = [world.image, make_image(world.project, "b.tif"), make_image(world.project, "c.tif")]
    people = [world.users["annotator"].pk, world.users["reviewer"].pk]
    body = {"images": [str(image.pk) for image in images], "people": people}
    for _ in range(2):
        ask(world, "manager", "POST", f"/api/projects/{world.project.pk}/assignments", body)
    assert texts("annotator") == ["manager assigned 2 images to you in Nuclei."]
    assert texts("reviewer") == ["manager assigned b.tif to you in Nuclei."]
    twins = {"images": [str(world.image.pk)], "people": people}
    ask(world, "manager", "POST", f"/api/projects/{world.project.pk}/twins", twins)
    assert len(texts("reviewer")) == 2


def test_whoever_annotated_is_told_why_it_came_back(world: World) -> None:
    Image.objects.filter(pk=world.image.pk).update(status="submitted", assignee=world.users["annotator"])
    step = {"to": "returned", "reason": "Two cells are one"}
    ask(world, "reviewer", "POST", f"/api/images/{world.image.pk}/steps", step)
    found = ask(world, "annotator", "GET", "/api/notifications")
    assert found["unread"] == 1
    [one] = found["notifications"]
    assert (one["kind"], one["text"]) == ("returned", "reviewer sent cells.tif back: “Two cells are one”")
    assert (one["actor"]["name"], one["address"]) == ("reviewer", f"/images/{world.image.pk}/")


@pytest.mark.parametrize(("ended", "said"), [("done", "is done. All"), ("failed", "failed. Broken")])
@pytest.mark.parametrize("seconds", [3, 300])
def test_a_job_that_took_a_while_says_that_it_has_ended(world: World, ended: str, said: str, seconds: int) -> None:
    job = do_create_job(JobKind.EXPORT, project=world.project, user=world.users["annotator"], params={})
    began = timezone.now() - timedelta(seconds=seconds)
    Job.objects.update(state=JobState.RUNNING, attempt=1, created_at=began)
    if ended == "done":
        do_finish_job(job.pk, 1, result={}, message="All")
    else:
        do_fail_job(job.pk, 1, message="Broken", permanent=True)
    assert texts("annotator") == ([f"An export on Nuclei {said}"] if seconds > 20 else [])


def test_one_reads_one_or_all_and_only_one_s_own(world: World) -> None:
    for number in range(3):
        tell(world, text=str(number))
    tell(world, "reviewer")
    found = ask(world, "annotator", "GET", "/api/notifications")["notifications"]
    assert [one["text"] for one in found] == ["2", "1", "0"]
    assert ask(world, "annotator", "POST", "/api/notifications/read", {"only": found[1]["id"]}) == {"unread": 2}
    assert ask(world, "annotator", "POST", "/api/notifications/read", {"up_to": found[1]["id"]}) == {"unread": 1}
    assert ask(world, "annotator", "POST", "/api/notifications/read", {}) == {"unread": 0}
    assert ask(world, "reviewer", "GET", "/api/notifications")["unread"] == 1
    older = ask(world, "annotator", "GET", f"/api/notifications?before={found[1]['id']}")["notifications"]
    assert [one["text"] for one in older] == ["0"]


def test_nothing_is_told_of_a_project_that_one_has_left(world: World) -> None:
    tell(world)
    Membership.objects.filter(user=world.users["annotator"]).delete()
    assert ask(world, "annotator", "GET", "/api/notifications") == {"unread": 0, "notifications": []}
    assert do_send_mails() == 0
    assert mail.outbox == []


def test_what_is_muted_is_not_told_at_all(world: World) -> None:
    choose(world, "at_once", ("job",))
    tell(world)
    assert texts("annotator") == []


def test_what_came_together_is_one_e_mail_and_is_sent_once(world: World, settings: Any) -> None:
    settings.PUBLIC_URL = "https://cells.example.org"
    tell(world, text="One\nBcc: everybody@lab.example")
    tell(world, text="Two")
    assert (do_send_mails(), do_send_mails()) == (1, 0)
    [letter] = mail.outbox
    assert letter.to == ["annotator@lab.example"]
    assert letter.subject == "[Cytomark] 2 things happened in Cytomark"
    assert f"https://cells.example.org/images/{world.image.pk}/" in letter.body
    tell(world, text="Three\nBcc: everybody@lab.example")
    do_send_mails()
    assert mail.outbox[1].subject == "[Cytomark] Three Bcc: everybody@lab.example"


def test_a_digest_comes_once_a_day_and_off_is_off(world: World) -> None:
    choose(world, "daily")
    tell(world)
    assert do_send_mails() == 1
    tell(world)
    assert do_send_mails() == 0
    NotificationChoice.objects.update(digest_at=timezone.now() - timedelta(hours=25))
    assert do_send_mails() == 1
    choose(world, "off")
    tell(world)
    choose(world, "at_once")
    assert do_send_mails() == 1, "what waits when somebody turns e-mails on is sent"
    choose(world, "off")
    tell(world)
    assert do_send_mails() == 0
    choose(world, "at_once")
    assert do_send_mails() == 0, "what went by while they were off is not sent later"


def test_what_was_read_meanwhile_or_is_old_needs_no_e_mail(world: World) -> None:
    tell(world)
    ask(world, "annotator", "POST", "/api/notifications/read", {})
    tell(world, "reviewer")
    Notification.objects.filter(read_at=None).update(created_at=timezone.now() - timedelta(days=4))
    assert do_send_mails() == 0


def test_a_mail_server_that_is_away_delays_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(world)

    def away(*_: Any) -> None:
        raise SMTPServerDisconnected("Connection unexpectedly closed")

    with monkeypatch.context() as broken:
        broken.setattr(mailing, "send_mail", away)
        assert do_send_mails() == 0
    assert do_send_mails() == 1


@pytest.mark.parametrize(
    "body", [{}, {"mailing": "hourly", "muted": []}, {"mailing": "off", "muted": ["all"]}, {"mailing": "off"}]
)
def test_what_is_no_choice_is_refused(world: World, body: dict[str, Any]) -> None:
    answer = world.client("viewer").generic("PUT", "/api/notifications/settings", json.dumps(body))
    assert answer.status_code == 422
    assert ask(world, "viewer", "GET", "/api/notifications/settings")["mailing"] == "at_once"
