"""Webhooks: managers of a project enter them; what happens is signed, sent, and sent again until it arrives.

Signed as Standard Webhooks 1.0.0 says (standardwebhooks.com): `webhook-id`, `webhook-timestamp`,
`webhook-signature`.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.actions.audit import do_audit
from annotation.errors import AppError, ErrorCode
from annotation.jobs import enqueue_delivery
from annotation.models import (
    AuditKind,
    Delivery,
    DeliveryState,
    Job,
    JobKind,
    Project,
    User,
    Webhook,
    WebhookEvent,
)
from annotation.outbound import UnreachableError, check_url, post_json

SECRET_PREFIX = "whsec_"  # noqa: S105 - how Standard Webhooks begins them
MAX_WEBHOOKS = 20
RETRIES_S = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400)
"""After how many seconds it is tried again; after the last one it has failed."""
KEPT = timedelta(days=30)
_GONE = 410
_BATCH = 100
_EVENT_OF = {
    JobKind.IMPORT: WebhookEvent.IMAGE_ADDED,
    JobKind.SEGMENT: WebhookEvent.RUN_ENDED,
    JobKind.ADD: WebhookEvent.CELLS_ADDED,
    JobKind.EXPORT: WebhookEvent.EXPORT_ENDED,
    JobKind.SNAPSHOT: WebhookEvent.SNAPSHOT_ENDED,
}


def _audit(actor: User, webhook: Webhook, what: str) -> None:
    do_audit(actor, AuditKind.SETTINGS, project=webhook.project, subject=webhook.url[:255], webhook=what)


@transaction.atomic
def do_create_webhook(project: Project, user: User, *, url: str, events: Iterable[WebhookEvent]) -> Webhook:
    """A new one with its secret. The caller holds the project's row lock."""
    check_url(url)
    if Webhook.objects.filter(project=project).count() >= MAX_WEBHOOKS:
        message = f"A project has at most {MAX_WEBHOOKS} webhooks. Remove one that nothing listens to."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
    secret = SECRET_PREFIX + b64encode(secrets.token_bytes(32)).decode()
    wanted = sorted(set(events))
    webhook = Webhook.objects.create(project=project, url=url, secret=secret, events=wanted, created_by=user)
    _audit(user, webhook, "added")
    return webhook


@transaction.atomic
def do_change_webhook(webhook: Webhook, user: User, changes: dict[str, Any]) -> None:
    """Another address, other events, on or off. What waits goes to the new address."""
    if "url" in changes:
        check_url(changes["url"])
    for field in ("url", "events", "active"):
        setattr(webhook, field, changes.get(field, getattr(webhook, field)))
    webhook.save(update_fields=["url", "events", "active"])
    _audit(user, webhook, "changed")


@transaction.atomic
def do_delete_webhook(webhook: Webhook, user: User) -> None:
    """With its log; what was not delivered is not."""
    _audit(user, webhook, "removed")
    webhook.delete()


def _create_delivery(webhook: Webhook, event: WebhookEvent, data: dict[str, Any]) -> Delivery:
    said = {"type": event.value, "timestamp": timezone.now().isoformat(), "project": str(webhook.project_id)}
    delivery = Delivery.objects.create(webhook=webhook, event=event, body=json.dumps({**said, "data": data}))
    enqueue_delivery(delivery.pk)
    return delivery


@transaction.atomic
def do_tell_webhooks(project_id: UUID, event: WebhookEvent, data: dict[str, Any]) -> None:
    """Have every active webhook of the project that wants such events told, once the transaction is committed. ``data``
    is JSON."""
    for webhook in Webhook.objects.filter(project_id=project_id, active=True):
        if not webhook.events or event in webhook.events:
            _create_delivery(webhook, event, data)


def do_tell_job(job: Job) -> None:
    """A job has ended, somehow."""
    event = _EVENT_OF.get(JobKind(job.kind))
    if event is not None:
        data = {"job": str(job.pk), "state": job.state, "message": job.message, "result": job.result}
        image = {"image": str(job.image_id)} if job.image_id else {}
        do_tell_webhooks(job.project_id, event, {**data, **image})


@transaction.atomic
def do_ping(webhook: Webhook, user: User) -> Delivery:
    """Send something to try it, also where it is off."""
    return _create_delivery(webhook, WebhookEvent.PING, {"by": user.username})


@transaction.atomic
def do_send_again(delivery: Delivery) -> None:
    """From the beginning of its attempts, under the same id."""
    delivery.state, delivery.attempts, delivery.next_at = DeliveryState.WAITING, 0, timezone.now()
    delivery.save(update_fields=["state", "attempts", "next_at", "updated_at"])
    enqueue_delivery(delivery.pk)


def signature(secret: str, delivery_id: UUID, timestamp: int, body: str) -> str:
    """Version 1 of Standard Webhooks: HMAC-SHA-256 over id, time and body."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{delivery_id}.{timestamp}.{body}".encode(), sha256)
    return f"v1,{b64encode(signed.digest()).decode()}"


@transaction.atomic
def _claim(delivery_id: UUID) -> Delivery | None:
    """The delivery, if it is due. The next attempt is set before this one is made, so that a crash loses none."""
    now = timezone.now()
    due = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("webhook")
    delivery = due.filter(pk=delivery_id, state=DeliveryState.WAITING, next_at__lte=now).first()
    if delivery is None:
        return None
    wait = RETRIES_S[min(delivery.attempts, len(RETRIES_S) - 1)]
    delivery.attempts += 1
    delivery.next_at = now + timedelta(seconds=wait)
    delivery.save(update_fields=["attempts", "next_at", "updated_at"])
    return delivery


def do_deliver(delivery_id: UUID) -> None:
    """One attempt, if one is due. A second call for the same attempt does nothing."""
    delivery = _claim(delivery_id)
    if delivery is None:
        return
    timestamp = int(timezone.now().timestamp())
    headers = {
        "User-Agent": "Cytomark",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(delivery.webhook.secret, delivery.pk, timestamp, delivery.body),
    }
    status, problem = None, ""
    try:
        status = post_json(delivery.webhook.url, delivery.body.encode(), headers)
    except UnreachableError as error:
        problem = str(error)
    except AppError as error:
        problem = error.message
    if status is not None and not 200 <= status < 300:
        problem = f"It was answered {status}; anything from 200 to 299 counts as received."
    _note(delivery, status=status, problem=problem)


@transaction.atomic
def _note(delivery: Delivery, *, status: int | None, problem: str) -> None:
    """What came of an attempt. A newer attempt's word counts more; who answers 410 is not sent anything again."""
    if status == _GONE:
        Webhook.objects.filter(pk=delivery.webhook_id).update(active=False)
    state = DeliveryState.WAITING if problem else DeliveryState.DELIVERED
    if problem and (status == _GONE or delivery.attempts > len(RETRIES_S)):
        state = DeliveryState.FAILED
    held = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING)
    held.update(state=state, status=status, problem=problem[:200], updated_at=timezone.now())


def do_sweep_deliveries() -> int:
    """Send what is due, and forget what is old. Returns how many were due."""
    now = timezone.now()
    Delivery.objects.filter(created_at__lt=now - KEPT).delete()
    due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now).order_by("next_at")
    ids = list(due.values_list("pk", flat=True)[:_BATCH])
    for delivery_id in ids:
        enqueue_delivery(delivery_id)
    return len(ids)
