"""Notifications by e-mail: at once (what has come together in a few seconds is one e-mail), once a day, or never.

Called by the sweep, so that a mail server that is away for an hour delays e-mails and loses none.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotation.models import Mailing, Notification, NotificationChoice, User

logger = logging.getLogger(__name__)

DAY = timedelta(hours=24)
TOO_OLD = timedelta(days=3)
"""Nobody wants to hear of it by e-mail any more."""
MAX_PEOPLE = 50
"""In one sweep; the others come with the next."""
MAX_LINES = 100


def do_send_mails() -> int:
    """Send what is due. Returns the number of e-mails; stops at the first that the mail server does not take."""
    now = timezone.now()
    waiting = Notification.objects.filter(mailed_at=None)
    waiting.filter(Q(created_at__lt=now - TOO_OLD) | Q(user__notification_choice__mailing=Mailing.OFF)).update(
        mailed_at=now
    )
    due = (
        ~Q(user__notification_choice__mailing=Mailing.DAILY)
        | Q(user__notification_choice__digest_at__isnull=True)
        | Q(user__notification_choice__digest_at__lt=now - DAY)
    )
    people = waiting.filter(due).order_by().values_list("user", flat=True).distinct()
    sent = 0
    for user_id in list(people[:MAX_PEOPLE]):
        try:
            sent += _mail(user_id)
        except (SMTPException, OSError) as error:
            logger.warning("The mail server took no e-mail, it will be tried again: %s", error)
            break
    return sent


@transaction.atomic
def _mail(user_id: int) -> int:
    """One person's; they are marked as sent only if they were."""
    rows = Notification.objects.filter(user=user_id, mailed_at=None).select_related("user", "project")
    # What was read in the application meanwhile needs no e-mail; what another sweep is sending is left to it.
    found = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
    told = [one for one in found if one.read_at is None and _may_see(one)]
    Notification.objects.filter(pk__in=[one.pk for one in found]).update(mailed_at=timezone.now())
    if not told or not told[0].user.is_active:
        return 0
    subject, body = _letter(told)
    send_mail(subject, body, None, [told[0].user.email])
    NotificationChoice.objects.filter(user=user_id).update(digest_at=timezone.now())
    return 1


def _may_see(one: Notification) -> bool:
    return one.project.deleted_at is None and one.project.memberships.filter(user=one.user_id).exists()


def _letter(told: list[Notification]) -> tuple[str, str]:
    """Subject and text."""
    user: User = told[0].user
    first = " ".join(told[0].text.split())
    subject = first if len(told) == 1 else f"{len(told)} things happened in Cytomark"
    lines = [f"Hello {user.username},", ""]
    for one in told[:MAX_LINES]:
        lines += [one.text, *([_link(one)] if settings.PUBLIC_URL else []), ""]
    if len(told) > MAX_LINES:
        lines += [f"And {len(told) - MAX_LINES:,} more.", ""]
    where = f"{settings.PUBLIC_URL}/notifications/" if settings.PUBLIC_URL else "“Notifications” in Cytomark"
    lines.append(f"Choose what you are told, and how: {where}")
    return f"[Cytomark] {subject}"[:200], "\n".join(lines)


def _link(one: Notification) -> str:
    page = f"/images/{one.image_id}/" if one.image_id else f"/projects/{one.project_id}/"
    return f"{settings.PUBLIC_URL}{page}"
