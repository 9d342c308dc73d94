"""The read side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Count, F, Max, Prefetch, Q, Window
from django.db.models.functions import Greatest, RowNumber
from django.utils import timezone

from annotation.errors import ErrorCode, not_found
from annotation.models import (
    Annotation,
    Client,
    Image,
    ImageStatus,
    Job,
    JobKind,
    JobState,
    LabelClass,
    Membership,
    Operation,
    Project,
    Region,
    Token,
    User,
)
from annotation.protocol import CellState, Mask, Patch, Provenance
from inference.cards import CARDS, status_from_files
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
        locked=cell.locked,
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


def refused_sockets(sockets: Iterable[OpenSocket]) -> dict[OpenSocket, ErrorCode]:
    """Those that may not go on, and why: signed out, or no longer an active member of the image's project. Three
    queries, however many sockets."""
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
    refused = {}
    for socket in asked:
        if socket.session_key not in sessions:
            refused[socket] = ErrorCode.NOT_SIGNED_IN
        elif (socket.user_id, images.get(socket.image_id)) not in members:
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


def get_exports(project_id: UUID) -> list[Job]:
    """A project's exports, newest first; old ones are swept."""
    return list(Job.objects.filter(project_id=project_id, kind=JobKind.EXPORT).order_by("-created_at")[:50])


def engine_statuses() -> list[EngineStatus]:
    """All engines in the order in which people see them. The web process loads none: it looks whether the weights are
    there; a damaged file is found out by the worker that loads it, and said in the job's message."""
    return [status_from_files(name) for name in CARDS]


# --- projects, members, images ------------------------------------------------------------------------------------

MOSAIC = 4
"""Thumbnails on a project's card."""


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project with its counts; ``members`` by name, their people loaded."""

    id: UUID
    name: str
    role: str
    images: int
    done: int
    in_progress: int
    cells: int
    members: list[Membership]
    updated_at: datetime
    thumbnails: list[UUID]


def get_projects(user: User, *, only: UUID | None = None) -> list[ProjectRow]:
    """The person's projects (or ``only`` that one), last used first. Five queries, however many projects."""
    mine = Membership.objects.filter(user_id=user.pk, project__deleted_at=None)
    if only is not None:
        mine = mine.filter(project_id=only)
    roles = dict(mine.values_list("project_id", "role"))
    people = Prefetch("memberships", Membership.objects.select_related("user").order_by("user__username"))
    live = Q(images__deleted_at=None)
    projects = (
        Project.objects.filter(pk__in=roles)
        .prefetch_related(people)
        .annotate(
            n_images=Count("images", filter=live),
            n_done=Count("images", filter=live & Q(images__status=ImageStatus.DONE)),
            n_in_progress=Count("images", filter=live & Q(images__status=ImageStatus.IN_PROGRESS)),
            used_at=Greatest("created_at", Max("images__created_at", filter=live)),
        )
    )
    cells, mosaics = _cells_of(list(roles)), _mosaics_of(list(roles))
    rows = [
        ProjectRow(
            id=project.pk,
            name=project.name,
            role=roles[project.pk],
            images=project.n_images,
            done=project.n_done,
            in_progress=project.n_in_progress,
            cells=cells.get(project.pk, (0, project.used_at))[0],
            members=list(project.memberships.all()),
            updated_at=max(project.used_at, cells.get(project.pk, (0, project.used_at))[1]),
            thumbnails=mosaics.get(project.pk, []),
        )
        for project in projects
    ]
    return sorted(rows, key=lambda row: row.updated_at, reverse=True)


def get_project(user: User, project_id: UUID) -> ProjectRow:
    """One project as its list shows it. Raises NOT_FOUND for people who are no members."""
    found = get_projects(user, only=project_id)
    if not found:
        raise not_found("project")
    return found[0]


def _cells_of(project_ids: list[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """For each project with cells: how many live ones, and when the last was changed."""
    rows = (
        Annotation.objects.filter(image__project_id__in=project_ids, image__deleted_at=None)
        .values_list("image__project_id")
        .annotate(cells=Count("pk", filter=Q(deleted=False)), last=Max("updated_at"))
    )
    return {project_id: (cells, last) for project_id, cells, last in rows}


def _mosaics_of(project_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """The newest images of each project."""
    newest = Window(RowNumber(), partition_by=[F("project_id")], order_by=[F("created_at").desc(), F("pk").desc()])
    rows = (
        Image.objects.filter(project_id__in=project_ids, deleted_at=None)
        .annotate(rank=newest)
        .filter(rank__lte=MOSAIC)
        .order_by("rank")
        .values_list("project_id", "pk")
    )
    found: dict[UUID, list[UUID]] = {}
    for project_id, image_id in rows:
        found.setdefault(project_id, []).append(image_id)
    return found


def get_members(project_id: UUID) -> list[Membership]:
    """Everybody in the project by name, their people loaded."""
    return list(Membership.objects.filter(project_id=project_id).select_related("user").order_by("user__username"))


def get_member(project_id: UUID, user_id: int) -> Membership:
    """One member of the project. Raises NOT_FOUND."""
    found = Membership.objects.filter(project_id=project_id, user_id=user_id).select_related("user", "project").first()
    if found is None:
        raise not_found("member")
    return found


def get_classes(project_id: UUID) -> list[LabelClass]:
    """The classes that cells can get, in their order."""
    return list(LabelClass.objects.filter(project_id=project_id, deleted_at=None))


def get_class(project_id: UUID, class_id: int) -> LabelClass:
    """One class of the project. Raises NOT_FOUND."""
    found = LabelClass.objects.filter(project_id=project_id, deleted_at=None, pk=class_id).select_related("project")
    label_class = found.first()
    if label_class is None:
        raise not_found("class")
    return label_class


def get_regions(image_id: UUID) -> list[Region]:
    """The image's “complete here” regions, oldest first, the people who made them loaded."""
    return list(Region.objects.filter(image_id=image_id).select_related("created_by"))


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image with the number of its live cells and its last change."""

    id: UUID
    name: str
    width: int
    height: int
    channels: int
    dtype: str
    status: str
    cells: int
    updated_at: datetime


def get_images(project_id: UUID, *, only: UUID | None = None) -> list[ImageRow]:
    """The project's images (or ``only`` that one) in the order of the filmstrip. One query."""
    images = Image.objects.filter(project_id=project_id, deleted_at=None)
    if only is not None:
        images = images.filter(pk=only)
    counted = images.annotate(
        cells=Count("annotations", filter=Q(annotations__deleted=False)),
        updated_at=Greatest("created_at", Max("annotations__updated_at")),
    )
    # A grouped query does not follow the model's own order.
    rows = counted.order_by("created_at", "pk").values(*ImageRow.__dataclass_fields__)
    return [ImageRow(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an image stands among its project's: number ``position`` (from 1) of ``total``."""

    previous: UUID | None
    next: UUID | None
    position: int
    total: int


def get_neighbours(image: Image) -> Neighbours:
    """The images before and after this one, by (created_at, id)."""
    at = Q(created_at=image.created_at)
    live = Image.objects.filter(project_id=image.project_id, deleted_at=None)
    before = live.filter(Q(created_at__lt=image.created_at) | at & Q(pk__lt=image.pk))
    after = live.filter(Q(created_at__gt=image.created_at) | at & Q(pk__gt=image.pk))
    return Neighbours(
        previous=before.order_by("-created_at", "-pk").values_list("pk", flat=True).first(),
        next=after.order_by("created_at", "pk").values_list("pk", flat=True).first(),
        position=before.count() + 1,
        total=live.count(),
    )
