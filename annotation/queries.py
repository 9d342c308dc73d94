"""The read side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from annotation.models import Annotation, Client, Image, Job, JobKind, Membership, Operation
from annotation.protocol import CellState, Mask, Patch, Provenance
from inference.cards import CARDS, missing_weights
from inference.contracts import EngineStatus

MAX_PATCHES = 500
"""Whoever missed more operations gets a snapshot: it is smaller."""


def cell_states(image_id: UUID) -> list[CellState]:
    """All live cells of an image, by label."""
    cells = Annotation.objects.filter(image_id=image_id, deleted=False).order_by("label")
    return [cell_state(cell) for cell in cells.select_related("created_by", "updated_by")]


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


def get_clock(image_id: UUID) -> int:
    """The image's last operation."""
    return Image.objects.values_list("clock", flat=True).get(pk=image_id)


def get_next_image(image: Image) -> Image | None:
    """The image after this one in its project, the way the filmstrip shows them."""
    later = Image.objects.filter(project_id=image.project_id, deleted_at=None, created_at__gte=image.created_at)
    return later.exclude(created_at=image.created_at, pk__lte=image.pk).order_by("created_at", "pk").first()


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Whose session looks at which image."""

    session_key: str
    user_id: int
    image_id: UUID


def signed_in(session_key: str) -> bool:
    """Whether the session still exists: signing out deletes it (S3)."""
    return Session.objects.filter(session_key=session_key, expire_date__gt=timezone.now()).exists()


def allowed_sockets(sockets: Iterable[OpenSocket]) -> set[OpenSocket]:
    """Those that may go on: signed in, active, and a member of the image's project. Three queries, however many."""
    asked = set(sockets)
    sessions = set(
        Session.objects.filter(
            session_key__in={socket.session_key for socket in asked}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    images = dict(
        Image.objects.filter(
            pk__in={socket.image_id for socket in asked}, deleted_at=None, project__deleted_at=None
        ).values_list("pk", "project_id")
    )
    members = set(
        Membership.objects.filter(
            user_id__in={socket.user_id for socket in asked},
            user__is_active=True,
            project_id__in=set(images.values()),
        ).values_list("user_id", "project_id")
    )
    return {
        socket
        for socket in asked
        if socket.session_key in sessions and (socket.user_id, images.get(socket.image_id)) in members
    }


def get_exports(project_id: UUID) -> list[Job]:
    """A project's exports, newest first; old ones are swept."""
    return list(Job.objects.filter(project_id=project_id, kind=JobKind.EXPORT).order_by("-created_at")[:50])


def engine_statuses() -> list[EngineStatus]:
    """All engines in the order in which people see them. The web process loads none: it looks whether the weights are
    there; a damaged file is found out by the worker that loads it, and said in the job's message."""
    problems = {card.name: missing_weights(card.name) for card in CARDS.values()}
    return [
        EngineStatus(card=card, available=not problems[card.name], problem=problems[card.name])
        for card in CARDS.values()
    ]
