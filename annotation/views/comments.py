"""Comments on images over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.comments import Pin, do_change_comment, do_comment, do_delete_comment, do_resolve
from annotation.discussion import get_comments
from annotation.permissions import Action, access_comment, access_image
from annotation.views.api import person
from annotation.views.discussion_schemas import CommentChangeIn, CommentIn, CommentOut
from annotation.views.paging import paged

router = Router()


@router.get("/images/{uuid:image_id}/comments", response=list[CommentOut])
@paged
def list_comments(request: HttpRequest, image_id: UUID) -> list[CommentOut]:
    """All comments on the image, oldest first; those of resolved threads too."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return [CommentOut.of(comment) for comment in get_comments(image.pk)]


@router.post("/images/{uuid:image_id}/comments", response={201: CommentOut})
@transaction.atomic
def create_comment(request: HttpRequest, image_id: UUID, body: CommentIn) -> Status[CommentOut]:
    """Say something about a cell, a point or the image, or answer."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    thread = None
    if body.thread:
        thread, _, _ = access_comment(person(request), body.thread, thread_of=image)
    pin = Pin(body.cell, body.row, body.col, body.t, body.z)
    made = do_comment(image, person(request), body.text, pin=pin, thread=thread)
    return Status(201, CommentOut.of(made))


@router.patch("/comments/{uuid:comment_id}", response=CommentOut)
@transaction.atomic
def change_comment(request: HttpRequest, comment_id: UUID, body: CommentChangeIn) -> CommentOut:
    """Put it in other words, resolve the thread or open it again."""
    comment, _, role = access_comment(person(request), comment_id)
    if body.text is not None:
        do_change_comment(comment, person(request), body.text)
    if body.resolved is not None:
        do_resolve(comment, person(request), role, resolved=body.resolved)
    return CommentOut.of(comment)


@router.delete("/comments/{uuid:comment_id}", response={204: None})
@transaction.atomic
def delete_comment(request: HttpRequest, comment_id: UUID) -> Status[None]:
    """Take it back."""
    comment, _, role = access_comment(person(request), comment_id)
    do_delete_comment(comment, person(request), role)
    return Status(204, None)
