"""THE WebSocket contract: every message once. TypeScript is generated from it (`make protocol`).

Unknown fields are refused, numbers are finite, sizes are bounded: what does not fit here never reaches an action.
Coordinates are (row, col) in image pixels; a pixel's square runs from its index to its index plus one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from annotation.errors import AppError, ErrorCode
from annotation.protocol_parts import MAX_PLACES as MAX_PLACES
from annotation.protocol_parts import MAX_SCRIBBLES as MAX_SCRIBBLES
from annotation.protocol_parts import MAX_SIDE as MAX_SIDE
from annotation.protocol_parts import Mask as Mask
from annotation.protocol_parts import Message as Message
from annotation.protocol_parts import Place as Place
from annotation.protocol_parts import PlaneIndex as PlaneIndex
from annotation.protocol_parts import PromptBox as PromptBox
from annotation.protocol_parts import PromptPoint as PromptPoint
from annotation.protocol_parts import PromptScribble as PromptScribble
from annotation.protocol_parts import PromptSet as PromptSet
from annotation.protocol_parts import Provenance as Provenance
from annotation.protocol_parts import Seen as Seen
from annotation.protocol_presence import CommentsChanged as CommentsChanged
from annotation.protocol_presence import Cursor as Cursor
from annotation.protocol_presence import FiguresChanged as FiguresChanged
from annotation.protocol_presence import Hold as Hold
from annotation.protocol_presence import Member as Member
from annotation.protocol_presence import Notified as Notified
from annotation.protocol_presence import PeopleChanged as PeopleChanged
from annotation.protocol_presence import Presence as Presence
from annotation.protocol_presence import RegionsChanged as RegionsChanged

VERSION = 1
"""Raised when an old page could no longer talk to the server; such a page is asked to reload."""

MAX_MESSAGE_BYTES = 256 * 1024
MAX_CHANGES = 4096

CLOSE_BAD_FRAME = 4400
CLOSE_NOT_SIGNED_IN = 4401
CLOSE_FORBIDDEN = 4403
CLOSE_NOT_FOUND = 4404
CLOSE_TOO_OLD = 4409
CLOSE_TOO_FAST = 4429


# --- cells ------------------------------------------------------------------------------------------------------


class CellState(Message):
    """One cell as the database has it."""

    id: UUID
    label: int
    version: int
    mask: Mask
    class_id: int | None
    provenance: Provenance
    created_by: str
    updated_by: str
    locked: bool = False
    t: int = 0
    z: int = 0
    parent: int | None = None


class CreateCell(Message):
    """A new cell on slice ``z`` of frame ``t``. Pixels that another cell of that plane has are left out of it. With
    ``joins``, a cell of another plane, both are one object and have its label; ``parent`` is a cell of the object in an
    earlier frame that divided into this one."""

    change: Literal["create"]
    id: UUID
    mask: Mask
    class_id: int | None = None
    provenance: Provenance
    t: PlaneIndex = 0
    z: PlaneIndex = 0
    joins: UUID | None = None
    parent: UUID | None = None


class UpdateCell(Message):
    """A new shape, a new class, locked or not, or several of these; a locked cell takes no other change.

    ``joins`` makes it a part of another cell's object, its own id an object of its own. ``parent``, with
    ``set_parent``, is a cell of the object that divided into it, or null for none.

    ``base_version`` is the last version of the server's that the tab has heard of (1 for a cell whose creation is not
    answered yet): what the same tab changed since does not count as stale. ``provenance`` comes with a shape that an
    engine made; without it the cell keeps its own.
    """

    change: Literal["update"]
    id: UUID
    base_version: Annotated[int, Field(ge=1)]
    mask: Mask | None = None
    class_id: int | None = None
    set_class: bool = False
    locked: bool | None = None
    provenance: Provenance | None = None
    joins: UUID | None = None
    parent: UUID | None = None
    set_parent: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return self.locked is None and not self.changes_more_than_lock

    @property
    def changes_more_than_lock(self) -> bool:
        """Whether it changes what a lock protects."""
        return bool(self.mask or self.set_class or self.joins or self.set_parent)


class DeleteCell(Message):
    """Away with it. Deleting wins over other changes; undo brings it back."""

    change: Literal["delete"]
    id: UUID
    base_version: Annotated[int, Field(ge=1)]


Change = Annotated[CreateCell | UpdateCell | DeleteCell, Field(discriminator="change")]


# --- client → server ----------------------------------------------------------------------------------------------


class Hello(Message):
    """The first message, and again whenever the client sees a gap. ``clock`` is the last operation that it has, or
    null to get everything. Who ``unpacks`` gets a long welcome as one binary frame: its JSON, gzipped."""

    type: Literal["hello"]
    protocol: int
    client_id: UUID
    clock: Annotated[int, Field(ge=0)] | None = None
    unpacks: bool = False


class Push(Message):
    """One operation, answered by an ack with the same ``id``. Sent again with the same ids it is answered the same and
    done once. Either ``changes`` or ``undo`` (the id of my operation to invert; undoing an undo is redo). What is too
    large for one message comes in parts: all but the first say in ``continues`` which operation they are a part of, and
    all are undone together."""

    type: Literal["push"]
    id: UUID
    client_id: UUID
    seq: Annotated[int, Field(ge=1)]
    changes: Annotated[list[Change], Field(max_length=MAX_CHANGES)] = []
    undo: UUID | None = None
    continues: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Push:
        if bool(self.changes) == bool(self.undo):
            raise ValueError("An operation has either changes or the id of an operation to undo.")
        if self.undo and self.continues:
            raise ValueError("Only changes come in parts.")
        ids = [change.id for change in self.changes]
        if len(set(ids)) != len(ids):
            raise ValueError("An operation changes a cell once.")
        return self


class Prompt(Message):
    """What is the cell here? ``number`` grows with each prompt and tune of a tab; a newer one cancels the older."""

    type: Literal["prompt"]
    number: Annotated[int, Field(ge=1)]
    engine: Annotated[str, Field(min_length=1, max_length=40)]
    prompts: PromptSet
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class TuneParams(Message):
    """Thresholds for what an engine kept of the image; null is the engine's own choice (see inference.contracts)."""

    cell_probability: Annotated[float, Field(ge=-20, le=20)] | None = None
    flow_error: Annotated[float, Field(ge=0, le=10)] | None = None
    min_area: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    diameter: Annotated[float, Field(ge=2, le=2000)] | None = None


class Tune(Message):
    """Which cells would there be with these thresholds? Answered with proposals, nothing is stored. ``number`` as in a
    prompt."""

    type: Literal["tune"]
    number: Annotated[int, Field(ge=1)]
    engine: Annotated[str, Field(min_length=1, max_length=40)]
    params: TuneParams
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class Prepare(Message):
    """I am going to use this engine on this plane: have it ready."""

    type: Literal["prepare"]
    engine: Annotated[str, Field(min_length=1, max_length=40)]
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class Cancel(Message):
    """I no longer want an answer to prompts and tunes up to ``number``."""

    type: Literal["cancel"]
    number: Annotated[int, Field(ge=1)]


class Ping(Message):
    """Are you there? Answered with the image's clock, so that a lost message is noticed."""

    type: Literal["ping"]


AnyClientMessage = Hello | Push | Prompt | Tune | Prepare | Cancel | Cursor | Hold | Ping
ClientMessage = Annotated[AnyClientMessage, Field(discriminator="type")]


# --- server → client ----------------------------------------------------------------------------------------------


class Patch(Message):
    """Operation ``clock`` as it was applied: the cells as they are now, and the ids of those that are gone."""

    type: Literal["patch"]
    clock: int
    operation: UUID
    kind: str
    actor: str
    cells: list[CellState]
    removed: list[UUID]


class Welcome(Message):
    """Who you are here and what you missed: with ``snapshot`` all cells replace what the client has, otherwise the
    ``patches`` after its clock."""

    type: Literal["welcome"]
    protocol: int
    clock: int
    user_id: int
    name: str
    colour: str
    role: str
    last_seq: int
    snapshot: list[CellState] | None
    patches: list[Patch]
    undoable: UUID | None
    redoable: UUID | None


class Ack(Message):
    """The answer to a push. ``commit``: it is in the database as operation ``clock``; the patch says how. ``discard``:
    it was refused; ``cells`` and ``removed`` are the server's truth for the cells that it named."""

    type: Literal["ack"]
    id: UUID
    seq: int
    outcome: Literal["commit", "discard"]
    clock: int
    code: ErrorCode | None = None
    message: str = ""
    cells: list[CellState] = []
    removed: list[UUID] = []
    undoable: UUID | None = None
    redoable: UUID | None = None


class Candidate(Message):
    """One possible mask with the engine's own estimate of its quality, 0 to 1."""

    mask: Mask
    score: float


class News(Message):
    """Several things at once, gathered for a few milliseconds. ``clock`` is the image's: what is missing among the
    ``patches`` was too large to send along, ask for it."""

    type: Literal["news"]
    clock: int
    patches: list[Patch] = []
    presence: list[Presence] = []


class Preview(Message):
    """The answer to a prompt: up to three masks, best first; none where nothing was found. ``engine_ms`` is the time
    that the engine itself took."""

    type: Literal["preview"]
    number: int
    candidates: list[Candidate]
    engine: str
    weights: str
    preprocessing: str
    engine_ms: float


class Proposal(Message):
    """A part of the answer to a tune: the cells that there would be, as they would be without those that are there. The
    parts come in order from 0; all together are the answer once the ``last`` has come."""

    type: Literal["proposal"]
    number: int
    engine: str
    weights: str
    preprocessing: str
    cells: list[Candidate]
    part: int
    last: bool
    engine_ms: float


class JobUpdate(Message):
    """How far some background work on a plane of this image is. ``progress`` is 0 to 1; ``job`` is null for an
    embedding, which cannot be cancelled."""

    type: Literal["job"]
    job: UUID | None
    kind: Literal["embed", "segment"]
    engine: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    message: str = ""
    t: int = 0
    z: int = 0


class Refusal(Message):
    """Something that you sent could not be done. ``number`` is that of the prompt or tune, ``push`` the id of the
    operation, where it was one: such an operation was *not* answered for good, and its seq is still free."""

    type: Literal["error"]
    code: ErrorCode
    message: str
    number: int | None = None
    push: UUID | None = None


class Pong(Message):
    """I am here, and the image is at this clock."""

    type: Literal["pong"]
    clock: int


ServerMessage = Annotated[
    Welcome
    | Ack
    | Patch
    | Presence
    | News
    | Preview
    | Proposal
    | JobUpdate
    | RegionsChanged
    | CommentsChanged
    | Notified
    | PeopleChanged
    | FiguresChanged
    | Refusal
    | Pong,
    Field(discriminator="type"),
]

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


def parse(text: str) -> AnyClientMessage:
    """The message in a text frame. Raises AppError(BAD_REQUEST) with the first thing that is wrong with it."""
    if len(text) > MAX_MESSAGE_BYTES:
        raise AppError(ErrorCode.TOO_LARGE, "That message is larger than 256 KiB. Split the change into smaller ones.")
    try:
        return _CLIENT.validate_json(text)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise AppError(ErrorCode.BAD_REQUEST, f"{where[:100]}: {first['msg'][:200]}") from error
