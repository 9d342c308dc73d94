"""The only doors. Each returns the object or raises; what a person may not see does not exist for them (S4)."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from annotation.errors import AppError, ErrorCode, forbidden, not_found
from annotation.models import (
    Comment,
    Delivery,
    Image,
    ImageStatus,
    Job,
    Membership,
    Project,
    Region,
    Role,
    Snapshot,
    Upload,
    User,
    Webhook,
)

M = TypeVar("M", bound=Model)


class Action(Enum):
    """What somebody wants to do."""

    VIEW = "view"
    ANNOTATE = "annotate"
    """Change cells, click, find cells, hand images in."""
    REVIEW = "review"
    """Accept images or send them back."""
    UPLOAD = "upload"
    EXPORT = "export"
    MANAGE = "manage"
    """Classes, members, names, deleting images."""
    OWN = "own"
    """Delete the project, make or unmake owners."""


_MANAGERS = frozenset({Role.OWNER, Role.MANAGER})
ALLOWED: dict[Action, frozenset[Role]] = {
    Action.VIEW: frozenset(Role),
    Action.ANNOTATE: _MANAGERS | {Role.ANNOTATOR, Role.REVIEWER},
    Action.REVIEW: _MANAGERS | {Role.REVIEWER},
    Action.UPLOAD: _MANAGERS | {Role.ANNOTATOR},
    Action.EXPORT: _MANAGERS | {Role.ANNOTATOR, Role.REVIEWER},
    Action.MANAGE: _MANAGERS,
    Action.OWN: frozenset({Role.OWNER}),
}


class Scope(StrEnum):
    """What a token lets a program do, within what its person may do."""

    READ = "read"
    ANNOTATE = "annotate"
    EXPORT = "export"
    MANAGE = "manage"


SCOPE_OF: dict[Action, Scope] = {
    Action.VIEW: Scope.READ,
    Action.ANNOTATE: Scope.ANNOTATE,
    Action.REVIEW: Scope.ANNOTATE,
    Action.UPLOAD: Scope.ANNOTATE,
    Action.EXPORT: Scope.EXPORT,
    Action.MANAGE: Scope.MANAGE,
    Action.OWN: Scope.MANAGE,
}
_SENTENCES = {
    Action.ANNOTATE: "Your role in this project lets you look but not change cells. Ask a manager for another role.",
    Action.REVIEW: "Only reviewers, managers and owners of this project can do this.",
    Action.UPLOAD: "Your role in this project does not allow uploads. Ask a manager for another role.",
    Action.EXPORT: "Your role in this project does not allow exports. Ask a manager for another role.",
    Action.MANAGE: "Only managers and owners of this project can do this.",
    Action.OWN: "Only an owner of this project can do this.",
}


def role_of(user: User, project_id: UUID) -> Role | None:
    """The role of an active account in a project that is not deleted, read from the database now (S3)."""
    found = Membership.objects.filter(
        user_id=user.pk, user__is_active=True, project_id=project_id, project__deleted_at=None
    ).values_list("role", flat=True)
    role = found.first()
    return None if role is None else Role(role)


def check_scope(user: User, action: Action) -> None:
    """Raise when the person asks by a token that is not for this."""
    scope = SCOPE_OF[action]
    if user.scopes is not None and scope not in user.scopes:
        raise forbidden(f"This token has no scope “{scope}”. Make another one in your account.")


def _check(user: User, role: Role | None, action: Action, *, what: str) -> Role:
    if role is None:
        raise not_found(what)
    if role not in ALLOWED[action]:
        raise forbidden(_SENTENCES[action])
    check_scope(user, action)
    return role


def _locked(queryset: QuerySet[M], *, lock: bool) -> QuerySet[M]:
    return queryset.select_for_update(of=("self",), no_key=True) if lock else queryset


def access_project(user: User, project_id: UUID, action: Action, *, lock: bool = False) -> tuple[Project, Role]:
    """The project and the person's role in it."""
    role = _check(user, role_of(user, project_id), action, what="project")
    project = _locked(Project.objects.filter(pk=project_id, deleted_at=None), lock=lock).first()
    if project is None:
        raise not_found("project")
    return project, role


# Written out, because sockets ask for each message: building the same query from its parts takes ten times as long as
# Postgres needs to answer it.
_IMAGE_AND_ROLE = """
SELECT image.*,
    (SELECT membership.role FROM annotation_membership AS membership
        JOIN annotation_project AS project ON project.id = membership.project_id AND project.deleted_at IS NULL
        JOIN annotation_user AS person ON person.id = membership.user_id AND person.is_active
        WHERE membership.project_id = image.project_id AND membership.user_id = %(user)s) AS role,
    (%(session)s::text IS NULL OR EXISTS (SELECT 1 FROM django_session AS session
        WHERE session.session_key = %(session)s AND session.expire_date > now())) AS signed_in,
    EXISTS (SELECT 1 FROM annotation_image AS own
        WHERE own.twin_of_id = image.twin_of_id AND own.id <> image.id
        AND own.assignee_id = %(user)s AND own.deleted_at IS NULL AND own.status <> 'accepted') AS has_own
FROM annotation_image AS image WHERE image.id = %(image)s AND image.deleted_at IS NULL
"""
_IMAGE_AND_ROLE_LOCKED = f"{_IMAGE_AND_ROLE} FOR NO KEY UPDATE OF image"


FINISHED_TWINS = (ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW, ImageStatus.ACCEPTED)
"""The states in which an independent annotation can be compared with others."""


def may_open(image: Image, user_id: int, role: Role) -> bool:
    """Whether somebody of this role may look at the image at all: twins are their annotator's and the reviewers'."""
    if image.twin_of_id is None or image.assignee_id == user_id:
        return True
    return role in ALLOWED[Action.REVIEW]


def access_image(
    user: User, image_id: UUID, action: Action, *, lock: bool = False, session_key: str | None = None
) -> tuple[Image, Role]:
    """The image, its row locked on request (the caller is in a transaction), and the person's role.

    With ``session_key`` the session must still exist, too: a socket outlives signing out (S3).
    """
    query = _IMAGE_AND_ROLE_LOCKED if lock else _IMAGE_AND_ROLE
    params = {"user": user.pk, "session": session_key, "image": image_id}
    image = next(iter(Image.objects.raw(query, params)), None)
    said: dict[str, Any] = vars(image) if image is not None else {"role": None, "signed_in": True, "has_own": False}
    if not said["signed_in"]:
        raise AppError(ErrorCode.NOT_SIGNED_IN, "You are signed out. Sign in again; nothing is lost.", status=401)
    if image is None or said["role"] is None:
        raise not_found("image")
    role = Role(said["role"])
    # Whoever has a twin of their own that is not accepted yet sees nobody else's.
    is_blind = said["has_own"] and image.assignee_id != user.pk
    if is_blind or not may_open(image, user.pk, role):
        raise not_found("image")
    return image, _check(user, role, action, what="image")


def access_region(user: User, region_id: UUID, action: Action) -> tuple[Region, Image, Role]:
    """A region, its image, whose row is locked, and the person's role: the caller is in a transaction."""
    image_id = Region.objects.filter(pk=region_id).values_list("image_id", flat=True).first()
    if image_id is None:
        raise not_found("region")
    image, role = access_image(user, image_id, action, lock=True)
    region = Region.objects.filter(pk=region_id).select_related("created_by").first()
    if region is None:
        raise not_found("region")
    return region, image, role


def access_comment(user: User, comment_id: UUID, *, thread_of: Image | None = None) -> tuple[Comment, Image, Role]:
    """A comment, its image and the person's role, as long as they may look at the image. With ``thread_of`` it
    must have begun a thread of that image."""
    comment = Comment.objects.filter(pk=comment_id, deleted_at=None).select_related("image", "author").first()
    if thread_of is not None:
        comment = Comment.objects.filter(pk=comment_id, image=thread_of, thread=None).select_related("author").first()
    if comment is None:
        raise not_found("comment")
    image, role = access_image(user, comment.image_id, Action.VIEW)
    return comment, image, role


def access_upload(user: User, upload_id: UUID, *, lock: bool = False) -> Upload:
    """A person's own upload, as long as they may upload to its project."""
    upload = _locked(Upload.objects.filter(pk=upload_id, user_id=user.pk), lock=lock).first()
    if upload is None:
        raise not_found("upload")
    _check(user, role_of(user, upload.project_id), Action.UPLOAD, what="upload")
    return upload


def access_snapshot(user: User, snapshot_id: UUID, action: Action) -> Snapshot:
    """A finished snapshot of a project that the person belongs to."""
    snapshot = Snapshot.objects.filter(pk=snapshot_id, ready=True).select_related("project").first()
    if snapshot is None:
        raise not_found("snapshot")
    _check(user, role_of(user, snapshot.project_id), action, what="snapshot")
    return snapshot


def access_webhook(user: User, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """A webhook of a project that the person manages."""
    webhook = _locked(Webhook.objects.filter(pk=webhook_id).select_related("project"), lock=lock).first()
    if webhook is None:
        raise not_found("webhook")
    _check(user, role_of(user, webhook.project_id), Action.MANAGE, what="webhook")
    return webhook


def access_delivery(user: User, delivery_id: UUID) -> Delivery:
    """What a webhook of such a project was told; its row is locked: the caller is in a transaction."""
    delivery = _locked(Delivery.objects.filter(pk=delivery_id), lock=True).first()
    if delivery is None:
        raise not_found("delivery")
    access_webhook(user, delivery.webhook_id)
    return delivery


def access_job(user: User, job_id: UUID, action: Action, *, lock: bool = False) -> Job:
    """A job of a project that the person belongs to."""
    job = _locked(Job.objects.filter(pk=job_id), lock=lock).first()
    if job is None:
        raise not_found("job")
    _check(user, role_of(user, job.project_id), action, what="job")
    return job
