"""Webhooks over HTTP: a project's managers enter, try and read them. Another project's do not exist (S4)."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from annotation.actions.webhooks import (
    do_change_webhook,
    do_create_webhook,
    do_delete_webhook,
    do_ping,
    do_send_again,
)
from annotation.models import Delivery, Webhook, WebhookEvent
from annotation.permissions import Action, access_delivery, access_project, access_webhook
from annotation.queries import get_deliveries, get_webhooks
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.webhook_schemas import DeliveryOut, WebhookChangeIn, WebhookIn, WebhookMadeOut, WebhookOut

router = Router()


@router.get("/projects/{uuid:project_id}/webhooks", response=list[WebhookOut])
@paged
def list_webhooks(request: HttpRequest, project_id: UUID) -> list[Webhook]:
    """The project's webhooks, oldest first, without their secrets."""
    access_project(person(request), project_id, Action.MANAGE)
    return get_webhooks(project_id)


@router.post("/projects/{uuid:project_id}/webhooks", response={201: WebhookMadeOut})
@transaction.atomic
def create_webhook(
    request: HttpRequest, response: HttpResponse, project_id: UUID, body: WebhookIn
) -> Status[WebhookMadeOut]:
    """Have an address told of what happens; the answer is the only one that has its secret."""
    response["Cache-Control"] = "no-store"
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    events = [WebhookEvent(name) for name in body.events]
    webhook = do_create_webhook(project, person(request), url=body.url, events=events)
    made = WebhookOut.model_validate(webhook)
    return Status(201, WebhookMadeOut(**made.model_dump(), secret=webhook.secret))


@router.patch("/webhooks/{uuid:webhook_id}", response=WebhookOut)
@transaction.atomic
def change_webhook(request: HttpRequest, webhook_id: UUID, body: WebhookChangeIn) -> Webhook:
    """Another address, other events, on or off."""
    webhook = access_webhook(person(request), webhook_id, lock=True)
    do_change_webhook(webhook, person(request), body.model_dump(exclude_unset=True))
    return webhook


@router.delete("/webhooks/{uuid:webhook_id}", response={204: None})
@transaction.atomic
def delete_webhook(request: HttpRequest, webhook_id: UUID) -> Status[None]:
    """Send it nothing from now on, and forget its log."""
    do_delete_webhook(access_webhook(person(request), webhook_id, lock=True), person(request))
    return Status(204, None)


@router.post("/webhooks/{uuid:webhook_id}/ping", response={201: DeliveryOut})
def ping_webhook(request: HttpRequest, webhook_id: UUID) -> Status[Delivery]:
    """Send it something to see whether it arrives."""
    return Status(201, do_ping(access_webhook(person(request), webhook_id), person(request)))


@router.get("/webhooks/{uuid:webhook_id}/deliveries", response=list[DeliveryOut])
@paged
def list_deliveries(request: HttpRequest, webhook_id: UUID) -> list[Delivery]:
    """What it was told, newest first, and what came of it; kept for 30 days."""
    return get_deliveries(access_webhook(person(request), webhook_id).pk)


@router.post("/deliveries/{uuid:delivery_id}/again", response=DeliveryOut)
@transaction.atomic
def send_again(request: HttpRequest, delivery_id: UUID) -> Delivery:
    """Send it once more, under the same id."""
    delivery = access_delivery(person(request), delivery_id)
    do_send_again(delivery)
    return delivery
