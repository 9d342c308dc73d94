"""What one is told, over HTTP: only ever one's own."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from ninja import Router

from annotation.actions.notifications import do_choose, do_read
from annotation.discussion import get_choice, get_notifications
from annotation.models import Mailing, NotificationKind
from annotation.queries import count_unread
from annotation.views.api import person
from annotation.views.discussion_schemas import (
    NotificationChoiceIn,
    NotificationChoiceOut,
    NotificationOut,
    NotificationsOut,
    ReadIn,
    UnreadOut,
)

router = Router()


@router.get("/notifications", response=NotificationsOut)
def list_notifications(request: HttpRequest, before: int | None = None) -> NotificationsOut:
    """The newest, or those before one."""
    user = person(request)
    found = [NotificationOut.of(one) for one in get_notifications(user, before=before)]
    return NotificationsOut(unread=count_unread(user.pk), notifications=found)


@router.post("/notifications/read", response=UnreadOut)
@transaction.atomic
def read_notifications(request: HttpRequest, body: ReadIn) -> UnreadOut:
    """These have been seen."""
    do_read(person(request), up_to=body.up_to, only=body.only)
    return UnreadOut(unread=count_unread(person(request).pk))


def _choice_out(mailing: str, muted: list[str]) -> NotificationChoiceOut:
    return NotificationChoiceOut.model_validate({"mailing": mailing, "muted": muted, "mails": settings.SENDS_MAIL})


@router.get("/notifications/settings", response=NotificationChoiceOut)
def show_notification_settings(request: HttpRequest) -> NotificationChoiceOut:
    """What one is told of, and when by e-mail."""
    choice = get_choice(person(request))
    return _choice_out(choice.mailing, choice.muted)


@router.put("/notifications/settings", response=NotificationChoiceOut)
@transaction.atomic
def change_notification_settings(request: HttpRequest, body: NotificationChoiceIn) -> NotificationChoiceOut:
    """Be told otherwise from now on."""
    muted = [NotificationKind(kind) for kind in body.muted]
    choice = do_choose(person(request), mailing=Mailing(body.mailing), muted=muted)
    return _choice_out(choice.mailing, choice.muted)
