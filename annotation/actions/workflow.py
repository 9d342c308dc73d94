"""The way of an image from new to accepted: who may move it, and what is written down of it. Callers hold the image's
row lock."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.actions.notifications import do_notify_returned
from annotation.actions.webhooks import do_tell_webhooks
from annotation.errors import AppError, ErrorCode, RefusedError, forbidden
from annotation.events import send_figures_changed
from annotation.models import Image, ImageStatus, Role, StateChange, User, WebhookEvent
from annotation.permissions import ALLOWED, Action

_NEW, _ASSIGNED, _IN_PROGRESS = ImageStatus.NEW, ImageStatus.ASSIGNED, ImageStatus.IN_PROGRESS
_SUBMITTED, _IN_REVIEW, _ACCEPTED = ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW, ImageStatus.ACCEPTED
_RETURNED = ImageStatus.RETURNED

STEPS: dict[ImageStatus, dict[ImageStatus, Action]] = {
    _NEW: {_IN_PROGRESS: Action.ANNOTATE, _SUBMITTED: Action.ANNOTATE},
    _ASSIGNED: {_IN_PROGRESS: Action.ANNOTATE, _SUBMITTED: Action.ANNOTATE},
    _IN_PROGRESS: {_SUBMITTED: Action.ANNOTATE},
    _SUBMITTED: {
        _IN_PROGRESS: Action.ANNOTATE,
        _IN_REVIEW: Action.REVIEW,
        _ACCEPTED: Action.REVIEW,
        _RETURNED: Action.REVIEW,
    },
    _IN_REVIEW: {_SUBMITTED: Action.REVIEW, _ACCEPTED: Action.REVIEW, _RETURNED: Action.REVIEW},
    _ACCEPTED: {_IN_REVIEW: Action.REVIEW, _RETURNED: Action.REVIEW},
    _RETURNED: {_IN_PROGRESS: Action.ANNOTATE, _SUBMITTED: Action.ANNOTATE},
}
"""From where to where, and what one must be allowed for it. Assigning is apart: annotation.actions.assignments."""
OPEN = (_NEW, _ASSIGNED, _IN_PROGRESS, _RETURNED)
"""The states in which an image is the annotators'."""


def check_step(image: Image, user: User, role: Role, after: ImageStatus) -> None:
    """Raise unless this person may move the image to that state now."""
    before = ImageStatus(image.status)
    needed = STEPS[before].get(after)
    if needed is None:
        message = f"{image.name} is {before.label.lower()}: from there it does not become {after.label.lower()}."
        raise AppError(ErrorCode.CONFLICT, f"{message} Reload the page to see where it is.", status=409)
    if role not in ALLOWED[needed]:
        raise forbidden("Only reviewers, managers and owners of this project can do this.")
    mine = image.assignee_id in (None, user.pk)
    if role in ALLOWED[Action.MANAGE]:
        return
    if needed == Action.ANNOTATE and not mine:
        raise forbidden("This image is assigned to somebody else, who hands it in. A manager can assign it to you.")
    if after == _ACCEPTED and image.assignee_id == user.pk:
        raise forbidden("You annotated this image yourself: another reviewer or a manager accepts it.")


@transaction.atomic
def do_step(
    image: Image, user: User, role: Role, after: ImageStatus, *, reason: str = "", cell: UUID | None = None
) -> None:
    """Move the image on. Sending back needs a reason, which may be about one cell."""
    check_step(image, user, role, after)
    reason = reason.strip()
    if after == _RETURNED and not reason:
        raise AppError(ErrorCode.BAD_REQUEST, "Say why you send the image back: it helps to mend it.", status=422)
    if image.assignee_id is None and after in (_IN_PROGRESS, _SUBMITTED):
        image.assignee = user
    if after in (_IN_REVIEW, _ACCEPTED, _RETURNED):
        image.reviewer = user
    note_state(image, user, after, reason=reason, cell=cell)
    image.save(update_fields=["status", "assignee", "reviewer", "handed_in_at"])
    if after == _RETURNED:
        do_notify_returned(image, user, reason)


def note_state(
    image: Image, user: User | None, after: ImageStatus, *, reason: str = "", cell: UUID | None = None
) -> None:
    """Set the state and write the step down; the caller saves the image."""
    StateChange.objects.create(
        image=image,
        project_id=image.project_id,
        actor=user,
        before=image.status,
        after=after,
        reason=reason,
        cell=cell,
        clock=image.clock,
    )
    told = {"image": str(image.pk), "name": image.name, "before": image.status, "after": after.value}
    by = user.username if user else ""
    do_tell_webhooks(image.project_id, WebhookEvent.IMAGE_STATE, {**told, "by": by, "reason": reason})
    if after == _SUBMITTED and image.status != _IN_REVIEW:
        image.handed_in_at = timezone.now()
    image.status = after
    send_figures_changed(image.project_id)


def check_not_accepted(image: Image) -> None:
    """Raise where nobody, no run and no import changes the image any more."""
    if image.status == _ACCEPTED:
        message = "This image is accepted. A reviewer can reopen it, then it can be changed."
        raise RefusedError(ErrorCode.LOCKED, message)


def check_may_edit(image: Image, role: Role) -> None:
    """Raise where the image is closed for this role: in review for annotators, accepted for everybody."""
    check_not_accepted(image)
    if image.status == _IN_REVIEW and role not in ALLOWED[Action.REVIEW]:
        message = "Somebody is reviewing this image. It can be changed again when they have sent it back."
        raise RefusedError(ErrorCode.LOCKED, message)


def note_edit(image: Image, user: User | None, role: Role | None) -> None:
    """The image was changed: it is in progress, with whoever changed it first. Whoever hands in and then goes on has
    taken it back. A reviewer's fix leaves it handed in. The caller saves the image."""
    took_back = image.status == _SUBMITTED and role not in ALLOWED[Action.REVIEW]
    if image.status in (_NEW, _ASSIGNED, _RETURNED) or took_back:
        if image.assignee_id is None:
            image.assignee = user
        note_state(image, user, _IN_PROGRESS)
