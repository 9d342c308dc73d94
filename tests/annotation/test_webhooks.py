"""Other programs are told what happens: signed, again until it arrives, and never inside the server's own network."""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from annotation import outbound
from annotation.actions import webhooks
from annotation.actions.jobs import do_create_job, do_finish_job, do_start_job
from annotation.actions.notifications import do_notify
from annotation.actions.workflow import do_step
from annotation.errors import AppError
from annotation.models import (
    Delivery,
    ImageStatus,
    JobKind,
    NotificationKind,
    Project,
    Role,
    User,
    Webhook,
    WebhookEvent,
)
from annotation.outbound import UnreachableError, check_url, post_json
from tests.annotation.world import make_image, make_user

pytestmark = pytest.mark.django_db


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent and answers ``status``; ``slow`` seconds between the bytes of its answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.slow = 204, 0.0
        self.url = f"http://127.0.0.1:{self.server_port}/hook?lab=1"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        if self.server.slow:
            for _ in range(100):
                self.wfile.write(b"H")
                time.sleep(self.server.slow)
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}&again")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quietly."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook(project: Project, owner: User, receiver: Receiver) -> Webhook:
    return webhooks.do_create_webhook(project, owner, url=receiver.url, events=[])


def deliver_all() -> list[Delivery]:
    """What the worker does; returns all deliveries, oldest first."""
    for delivery in Delivery.objects.order_by("created_at"):
        webhooks.do_deliver(delivery.pk)
    return list(Delivery.objects.order_by("created_at"))


def due_now() -> None:
    Delivery.objects.update(next_at=timezone.now())


def test_what_is_sent_is_signed_as_standard_webhooks_says(webhook: Webhook, owner: User, receiver: Receiver) -> None:
    delivery = webhooks.do_ping(webhook, owner)
    webhooks.do_deliver(delivery.pk)
    headers, body = receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    key = b64decode(webhook.secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert headers["webhook-id"] == str(delivery.pk)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    assert json.loads(body)["type"] == "ping"
    assert Delivery.objects.get().state == "delivered"


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # The published test vector of the Standard Webhooks libraries.
    secret, at, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330, '{"test": 2432232314}'
    name: Any = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert webhooks.signature(secret, name, at, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_states_of_images_and_ends_of_jobs_are_told(
    webhook: Webhook, project: Project, owner: User, receiver: Receiver
) -> None:
    image = make_image(project)
    do_step(image, owner, Role.OWNER, ImageStatus.SUBMITTED)
    job = do_start_job(do_create_job(JobKind.SNAPSHOT, project=project, user=owner, params={}).pk)
    assert job is not None
    do_finish_job(job.pk, job.attempt, result={"images": 3})
    deliver_all()
    told = [json.loads(body) for _, body in receiver.got]
    assert [one["type"] for one in told] == ["image.state", "snapshot.ended"]
    assert told[0]["data"] | {"after": "submitted", "by": "ada", "image": str(image.pk)} == told[0]["data"]
    assert told[1]["data"]["result"] == {"images": 3}
    assert {one["project"] for one in told} == {str(project.pk)}


def test_what_people_are_told_is_told_too(webhook: Webhook, project: Project, owner: User, receiver: Receiver) -> None:
    bob, kind = make_user("bob"), NotificationKind.RETURNED
    do_notify([bob, owner], kind, text="Ada sent it back", project_id=project.pk, actor=owner)
    deliver_all()
    (said,) = [json.loads(body) for _, body in receiver.got]
    assert said["type"] == "notification"
    assert said["data"] == {"kind": kind, "text": "Ada sent it back", "to": ["bob"], "by": "ada", "image": None}


def test_only_chosen_events_of_active_webhooks_are_told(webhook: Webhook, project: Project, owner: User) -> None:
    webhooks.do_change_webhook(webhook, owner, {"events": ["image.state"]})
    webhooks.do_tell_webhooks(project.pk, WebhookEvent.RUN_ENDED, {})
    webhooks.do_tell_webhooks(project.pk, WebhookEvent.IMAGE_STATE, {})
    webhooks.do_change_webhook(webhook, owner, {"active": False})
    webhooks.do_tell_webhooks(project.pk, WebhookEvent.IMAGE_STATE, {})
    assert [one.event for one in Delivery.objects.all()] == ["image.state"]


def test_what_does_not_arrive_is_sent_again_later_with_the_same_id_and_bytes(
    webhook: Webhook, owner: User, receiver: Receiver
) -> None:
    receiver.status = 500
    webhooks.do_ping(webhook, owner)
    (first,) = deliver_all()
    assert (first.state, first.status, first.attempts) == ("waiting", 500, 1)
    assert first.next_at > timezone.now() + timedelta(seconds=2)
    deliver_all()
    assert len(receiver.got) == 1, "it is not due yet"
    assert webhooks.do_sweep_deliveries() == 0
    due_now()
    assert webhooks.do_sweep_deliveries() == 1
    receiver.status = 200
    (second,) = deliver_all()
    assert (second.state, second.problem) == ("delivered", "")
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    assert receiver.got[0][1] == receiver.got[1][1]


def test_it_is_given_up_after_the_last_attempt_and_can_be_sent_again(
    webhook: Webhook, owner: User, receiver: Receiver
) -> None:
    receiver.status = 503
    webhooks.do_ping(webhook, owner)
    for _ in range(len(webhooks.RETRIES_S) + 3):
        due_now()
        (delivery,) = deliver_all()
    assert (delivery.state, len(receiver.got)) == ("failed", len(webhooks.RETRIES_S) + 1)
    receiver.status = 200
    webhooks.do_send_again(delivery)
    assert deliver_all()[0].state == "delivered"


def test_who_answers_gone_is_left_alone(webhook: Webhook, owner: User, receiver: Receiver) -> None:
    receiver.status = 410
    webhooks.do_ping(webhook, owner)
    assert deliver_all()[0].state == "failed"
    webhook.refresh_from_db()
    assert not webhook.active


def test_redirects_are_not_followed(webhook: Webhook, owner: User, receiver: Receiver) -> None:
    receiver.status = 307
    webhooks.do_ping(webhook, owner)
    assert "307" in deliver_all()[0].problem
    assert len(receiver.got) == 1


def test_who_answers_drop_by_drop_is_cut_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.3)
    receiver.slow = 0.05
    with pytest.raises(UnreachableError, match="no answer within"):
        post_json(receiver.url, b"{}", {})


def test_a_host_that_is_not_there_is_said(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with pytest.raises(UnreachableError, match="refused or broke off"):
        post_json("http://127.0.0.1:9/", b"{}", {})


INSIDE = (
    "http://127.0.0.1/", "http://10.1.2.3/", "http://192.168.0.4/", "http://169.254.169.254/latest/meta-data",
    "http://0.0.0.0/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[fd00::1]/",
    "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://224.0.0.1/", "http://100.64.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_addresses_inside_of_the_network_are_refused(url: str) -> None:
    with pytest.raises(AppError, match="own network"):
        check_url(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1"])
def test_names_that_stand_for_addresses_inside_are_refused_when_something_is_sent(
    address: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    public, inside = ("93.184.215.14", 80), (address, 80)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", public), (0, 0, 0, "", inside)])
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("it was connected to"))
    with pytest.raises(AppError, match="own network"):
        post_json("https://rebinding.example.org/", b"{}", {})


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.org", "file:///etc/passwd", "https://", "http://a:b@example.org/", "http://example.org:99999/",
     "http://exa mple.org/", "http://example.org/\r\nHost: x", "http://[::1", "javascript:alert(1)", "https://ex.org/#a",
     "https://" + "a" * 500],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AppError):
        check_url(url)


def test_a_project_has_only_so_many(project: Project, owner: User) -> None:
    for _ in range(webhooks.MAX_WEBHOOKS):
        webhooks.do_create_webhook(project, owner, url="https://example.org/", events=[])
    with pytest.raises(AppError, match="at most"):
        webhooks.do_create_webhook(project, owner, url="https://example.org/", events=[])


def test_old_deliveries_are_forgotten(webhook: Webhook, owner: User) -> None:
    delivery = webhooks.do_ping(webhook, owner)
    Delivery.objects.filter(pk=delivery.pk).update(created_at=timezone.now() - webhooks.KEPT - timedelta(days=1))
    webhooks.do_sweep_deliveries()
    assert not Delivery.objects.exists()
