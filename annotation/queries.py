"""The read side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from annotation.datasets.looks import near_pairs
from annotation.errors import ErrorCode, not_found
from annotation.models import (
    Annotation,
    Client,
    Delivery,
    Image,
    ImageSplit,
    Job,
    JobKind,
    JobState,
    Membership,
    Notification,
    Operation,
    Recipe,
    Snapshot,
    Split,
    Token,
    User,
    Webhook,
)
from annotation.protocol import CellState, Mask, Patch, Provenance
from inference.cards import CARDS, status_from_files
from inference.contracts import EngineStatus

MAX_PATCHES = 500
"""Whoever missed more operations gets a snapshot: it is smaller."""


_STATE = (
    "pk", "label", "version", "top", "left", "height", "width", "counts", "label_class_id", "provenance",
    "created_by__username", "updated_by__username", "locked", "t", "z", "parent",
)  # fmt: skip


def cell_states(image_id: UUID) -> list[CellState]:
    """All live cells of an image, by label. Read without rows as objects: there may be tens of thousands."""
    cells = Annotation.objects.filter(image_id=image_id, deleted=False).order_by("label")
    return [
        CellState.model_construct(
            id=pk,
            label=label,
            version=version,
            mask=Mask.model_construct(top=top, left=left, height=height, width=width, counts=counts),
            class_id=class_id,
            provenance=Provenance.model_validate(provenance),
            created_by=created_by or "",
            updated_by=updated_by or "",
            locked=locked,
            t=t,
            z=z,
            parent=parent,
        )
        for (
            pk, label, version, top, left, height, width, counts, class_id, provenance, created_by, updated_by, locked,
            t, z, parent,
        ) in cells.values_list(*_STATE)
    ]  # fmt: skip


def get_cells(image_id: UUID, *, t: int | None, z: int | None) -> QuerySet[Annotation]:
    """The live cells of an image, or of a frame or slice of it, their people loaded."""
    cells = Annotation.objects.filter(image_id=image_id, deleted=False).select_related("created_by", "updated_by")
    if t is not None:
        cells = cells.filter(t=t)
    return cells if z is None else cells.filter(z=z)


def get_cell(image_id: UUID, cell_id: UUID) -> Annotation:
    """A live cell of the image. Raises NOT_FOUND."""
    found = get_cells(image_id, t=None, z=None).filter(pk=cell_id).first()
    if found is None:
        raise not_found("cell")
    return found


def cell_state(cell: Annotation) -> CellState:
    """The message for a row whose people are loaded."""
    return CellState.model_construct(
        id=cell.pk,
        label=cell.label,
        version=cell.version,
        mask=Mask.of(cell.rle),
        class_id=cell.label_class_id,
        provenance=Provenance.model_validate(cell.provenance),
        created_by=cell.created_by.username if cell.created_by else "",
        updated_by=cell.updated_by.username if cell.updated_by else "",
        locked=cell.locked,
        t=cell.t,
        z=cell.z,
        parent=cell.parent,
    )


def patch_of(operation: Operation) -> Patch:
    """What clients are told of an operation; its actor is loaded."""
    after = [change["after"] for change in operation.changes]
    return Patch(
        type="patch",
        clock=operation.clock,
        operation=operation.pk,
        kind=operation.kind,
        actor=operation.actor.username if operation.actor else "",
        cells=[CellState.model_validate(state) for state in after if state is not None],
        removed=[change["id"] for change in operation.changes if change["after"] is None],
    )


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The image at ``clock``: everything (``snapshot``), or the ``patches`` that lead there."""

    clock: int
    last_seq: int
    snapshot: list[CellState] | None
    patches: list[Patch]


def get_catch_up(image_id: UUID, *, client_id: UUID, clock: int | None) -> CatchUp:
    """What a client that knows the image at ``clock`` has missed, all of one moment."""
    with transaction.atomic():
        if not connection.in_atomic_block or not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        now = Image.objects.values_list("clock", flat=True).get(pk=image_id)
        last_seq = Client.objects.filter(pk=client_id).values_list("last_seq", flat=True).first() or 0
        if clock is None or clock > now or now - clock > MAX_PATCHES:
            return CatchUp(now, last_seq, cell_states(image_id), [])
        missed = Operation.objects.filter(image_id=image_id, clock__gt=clock).order_by("clock").select_related("actor")
        return CatchUp(now, last_seq, None, [patch_of(operation) for operation in missed])


def count_unread(user_id: int) -> int:
    """Notifications that a person has not seen, of projects that they belong to."""
    rows = Notification.objects.filter(user_id=user_id, read_at=None)
    return rows.filter(project__memberships__user_id=user_id, project__deleted_at=None).count()


def get_next_image(image: Image) -> Image | None:
    """The image after this one in its project, the way the filmstrip shows them."""
    later = Image.objects.filter(
        project_id=image.project_id, deleted_at=None, twin_of=None, created_at__gte=image.created_at
    )
    return later.exclude(created_at=image.created_at, pk__lte=image.pk).order_by("created_at", "pk").first()


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Whose session looks at which image, and as what: ``role`` is what the page was last told that the person is."""

    session_key: str
    user_id: int
    image_id: UUID
    role: str | None = None


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Whose session looks at a page of a project, or at one of their own."""

    session_key: str
    user_id: int
    project_id: UUID | None


def refused_pages(pages: Iterable[OpenPage]) -> dict[OpenPage, ErrorCode]:
    """Those that may not go on: signed out, no longer active, or no longer a member of the project."""
    asked = set(pages)
    sessions = _live_sessions({page.session_key for page in asked})
    people = User.objects.filter(pk__in={page.user_id for page in asked}, is_active=True)
    active = set(people.values_list("pk", flat=True))
    projects = {page.project_id for page in asked if page.project_id}
    members = Membership.objects.filter(user_id__in=active, project_id__in=projects, project__deleted_at=None)
    known = set(members.values_list("user_id", "project_id"))
    refused = {}
    for page in asked:
        if page.session_key not in sessions or page.user_id not in active:
            refused[page] = ErrorCode.NOT_SIGNED_IN
        elif page.project_id and (page.user_id, page.project_id) not in known:
            refused[page] = ErrorCode.FORBIDDEN
    return refused


def _live_sessions(keys: set[str]) -> set[str]:
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(live.values_list("session_key", flat=True))


def refused_sockets(sockets: Iterable[OpenSocket]) -> dict[OpenSocket, ErrorCode]:
    """Those that may not go on, and why: signed out, no longer an active member of the image's project, or a member of
    another role than the page knows. Three queries, however many sockets."""
    asked = set(sockets)
    sessions = _live_sessions({socket.session_key for socket in asked})
    images = dict(
        Image.objects.filter(
            pk__in={socket.image_id for socket in asked}, deleted_at=None, project__deleted_at=None
        ).values_list("pk", "project_id")
    )
    members = Membership.objects.filter(
        user_id__in={socket.user_id for socket in asked}, user__is_active=True, project_id__in=set(images.values())
    )
    found = members.values_list("user_id", "project_id", "role")
    roles = {(user_id, project_id): role for user_id, project_id, role in found}
    refused = {}
    for socket in asked:
        project_id = images.get(socket.image_id)
        role = roles.get((socket.user_id, project_id)) if project_id else None
        if socket.session_key not in sessions:
            refused[socket] = ErrorCode.NOT_SIGNED_IN
        elif role is None or socket.role not in {None, role}:
            refused[socket] = ErrorCode.FORBIDDEN
    return refused


def get_pixels(image_ids: Iterable[UUID]) -> list[str]:
    """The hashes of these images' pixels."""
    return list(Image.objects.filter(pk__in=list(image_ids)).values_list("pixels_sha256", flat=True).distinct())


def get_open_runs(image_id: UUID) -> list[Job]:
    """What is looking for cells in the image now."""
    states = (JobState.QUEUED, JobState.RUNNING)
    return list(Job.objects.filter(image_id=image_id, kind=JobKind.SEGMENT, state__in=states))


def get_tokens(user: User) -> list[Token]:
    """A person's tokens, oldest first, those that are over too."""
    return list(Token.objects.filter(user_id=user.pk))


def get_webhooks(project_id: UUID) -> list[Webhook]:
    """A project's webhooks, oldest first."""
    return list(Webhook.objects.filter(project_id=project_id))


def get_deliveries(webhook_id: UUID) -> list[Delivery]:
    """What a webhook was told, newest first; old ones are swept."""
    return list(Delivery.objects.filter(webhook_id=webhook_id)[:1000])


def get_exports(project_id: UUID) -> list[Job]:
    """A project's exports, newest first; old ones are swept."""
    return list(Job.objects.filter(project_id=project_id, kind=JobKind.EXPORT).order_by("-created_at"))


def get_annotation_imports(project_id: UUID) -> list[Job]:
    """What was read of files of annotations, and added, newest first."""
    kinds = (JobKind.READ, JobKind.ADD)
    return list(Job.objects.filter(project_id=project_id, kind__in=kinds).order_by("-created_at"))


def get_snapshots(project_id: UUID) -> list[Snapshot]:
    """A project's snapshots, newest first, who made them loaded."""
    ready = Snapshot.objects.filter(project_id=project_id, ready=True).select_related("created_by")
    return list(ready.order_by("-created_at"))


def get_split_counts(project_id: UUID) -> dict[str, int]:
    """How many images each split has, and how many have “none”."""
    live = Image.objects.filter(project_id=project_id, deleted_at=None, twin_of=None)
    counts = dict(live.values_list("split__split").order_by().annotate(Count("pk")))
    return {**dict.fromkeys(Split.values, 0), "none": counts.pop(None, 0), **counts}


MAX_TWINS = 50


def get_twins(project_id: UUID) -> list[dict[str, str]]:
    """Images of different splits that look nearly the same, as schemas.TwinOut; the first MAX_TWINS pairs."""
    known = ImageSplit.objects.filter(project_id=project_id, image__deleted_at=None, look__isnull=False)
    rows = list(known.order_by("image__created_at", "pk").values_list("image__name", "split", "look"))
    pairs = near_pairs([look or 0 for _, _, look in rows], [split for _, split, _ in rows])[:MAX_TWINS]
    return [
        {"one": rows[a][0], "one_split": rows[a][1], "other": rows[b][0], "other_split": rows[b][1]} for a, b in pairs
    ]


def engine_statuses() -> list[EngineStatus]:
    """All engines in the order in which people see them. The web process loads none: it looks whether the weights are
    there; a damaged file is found out by the worker that loads it, and said in the job's message."""
    return [status_from_files(name) for name in CARDS]


def get_recipe(project_id: UUID, engine: str) -> Recipe | None:
    """What the engine gets of the project's images; None where nobody has said it."""
    return Recipe.objects.filter(project_id=project_id, engine=engine).first()


def get_recipes(project_id: UUID) -> list[Recipe]:
    """All of the project, by engine."""
    return list(Recipe.objects.filter(project_id=project_id).order_by("engine"))
