"""What the HTTP API takes and gives (of review: review_schemas.py); TypeScript is generated from it (`make protocol`).
Unknown fields are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from annotation.protocol_parts import Box, PlaneIndex
from annotation.views.looks_schemas import KeptLooksOut


class In(Schema):
    """A request's body: a field that is not declared is an error."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """Why a request was refused: ``code`` for programs, ``message`` for people; the rest is a problem of RFC 9457."""

    code: str
    message: str
    type: str
    title: str
    status: int
    detail: str


class JobOut(Schema):
    """Background work; ``progress`` is 0 to 1, ``message`` is for people. ``params`` is what was asked for, ``result``
    what came out; ``download`` is the address of an export that is done."""

    id: UUID
    kind: Literal["import", "reread", "segment", "export", "snapshot", "read", "add", "measure"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    message: str
    created_at: str
    params: dict[str, Any]
    result: dict[str, Any]
    download: str | None


RoleName = Literal["owner", "manager", "annotator", "reviewer", "viewer"]
StatusName = Literal["new", "assigned", "in_progress", "submitted", "in_review", "accepted", "returned"]


class MeOut(Schema):
    """Who is signed in."""

    id: int
    username: str
    email: str
    is_staff: bool


class PersonOut(Schema):
    """A member of a project, in the colour that everybody sees them in."""

    id: int
    name: str
    role: RoleName
    colour: str


class ProjectOut(Schema):
    """A project as its list shows it. ``role`` is the asking person's; ``thumbnails`` are the newest images' ids. Of
    the ``images``, ``done`` are accepted, ``submitted`` wait for review or are in it, ``in_progress`` are begun."""

    id: UUID
    name: str
    role: RoleName
    images: int
    done: int
    submitted: int
    in_progress: int
    cells: int
    members: list[PersonOut]
    updated_at: datetime
    thumbnails: list[UUID]


class ProjectIn(In):
    """A project's name, to make it or to rename it."""

    name: Annotated[str, Field(min_length=1, max_length=120)]


class MemberOut(Schema):
    """A member as the members panel shows them. ``email`` is empty for those who may not manage; ``invited``: the
    person has not signed in yet; ``classes`` are those that they know best."""

    id: int
    name: str
    email: str
    role: RoleName
    colour: str
    invited: bool
    classes: list[int]


class MemberAddIn(In):
    """Whom to add: a name or an e-mail address, not both."""

    username: Annotated[str, Field(min_length=1, max_length=150)] | None = None
    email: Annotated[str, Field(min_length=3, max_length=254)] | None = None
    role: RoleName

    @model_validator(mode="after")
    def _one_of_both(self) -> MemberAddIn:
        if (self.username is None) == (self.email is None):
            raise ValueError("Give either a name or an e-mail address.")
        return self


class MemberAddedOut(Schema):
    """The new member; ``link`` is the path of a one-time sign-in link where the account is new, to be handed over."""

    member: MemberOut
    link: str | None


class MemberLinkOut(Schema):
    """The path of a one-time sign-in link."""

    link: str


class MemberIn(In):
    """A member's new role."""

    role: RoleName


class MemberClassesIn(In):
    """The classes (ids) that a member knows best, all of them."""

    classes: Annotated[list[int], Field(max_length=200)]


class ClassOut(Schema):
    """What a cell can be. ``key`` is 1 to 9 or empty."""

    id: int
    name: str
    colour: str
    key: str


class ClassIn(In):
    """A new class; without colour or key it gets the next free one."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    colour: Annotated[str, Field(max_length=7)] | None = None
    key: Annotated[str, Field(pattern="^[1-9]?$")] | None = None


class ClassChangeIn(In):
    """What to change of a class; what is missing stays."""

    name: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    colour: Annotated[str, Field(max_length=7)] | None = None
    key: Annotated[str, Field(pattern="^[1-9]?$")] | None = None


class NamedOut(Schema):
    """Somebody, who may have left the project."""

    id: int
    name: str


class ImageOut(Schema):
    """An image as lists show it; sizes in pixels, ``channels`` is their number. ``assignee`` annotates it, ``reviewer``
    reviewed it last."""

    id: UUID
    name: str
    width: int
    height: int
    channels: int
    dtype: Literal["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"]
    status: StatusName
    assignee: NamedOut | None
    reviewer: NamedOut | None
    due_on: date | None
    cells: int
    updated_at: datetime


class ImageProjectOut(Schema):
    """The project that an image belongs to, and the asking person's role in it."""

    id: UUID
    name: str
    role: RoleName


class ChannelOut(Schema):
    """A channel as it is shown at first: ``low`` and ``high`` are the 0.1st and 99.9th percentile of its values."""

    name: str
    colour: str
    low: float
    high: float


class PixelSizeOut(Schema):
    """Micrometres: the width and height of a pixel and the distance of two slices, where the file says so."""

    x: float | None
    y: float | None
    z: float | None


class PlaneAtOut(Schema):
    """Slice ``z`` of frame ``t``, from 0."""

    t: int
    z: int


class LevelOut(Schema):
    """One level of an image's pyramid, in its own pixels."""

    width: int
    height: int


class ImageDetailOut(ImageOut):
    """An image as the annotator opens it: ``size_t`` frames of ``size_z`` slices, ``time_step`` in seconds. ``levels``
    are the sizes of its pyramid, level k with pixels 2^k image pixels wide, in tiles of ``tile`` pixels. It is number
    ``position`` (from 1) of ``total`` in its project, between ``previous`` and ``next``. ``planes_in_file``: so many
    follow each other in its file and may be something else than was said; 0 where that is beyond doubt."""

    size_t: int
    size_z: int
    rgb: bool
    channel_info: list[ChannelOut]
    pixel_um: PixelSizeOut
    time_step: float | None
    levels: list[LevelOut]
    tile: int
    planes_in_file: int
    opens_at: PlaneAtOut
    looks: KeptLooksOut
    project: ImageProjectOut
    classes: list[ClassOut]
    previous: UUID | None
    next: UUID | None
    position: int
    total: int


class ImageIn(In):
    """An image's new name."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


class Rectangle(In):
    """A part of an image in pixels, half-open."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    top: Annotated[float, Field(ge=-1e6, le=1e6)]
    left: Annotated[float, Field(ge=-1e6, le=1e6)]
    bottom: Annotated[float, Field(ge=-1e6, le=1e6)]
    right: Annotated[float, Field(ge=-1e6, le=1e6)]


class RunParams(In):
    """How to find all cells; what is left out is the engine's own choice. ``cell_probability`` is a threshold on the
    network's cell logit, ``flow_error`` the largest flow error of a mask (0 switches the check off), ``min_area`` and
    ``diameter`` are in pixels. ``first`` is the part that is looked at, whose cells come first; ``cached`` asks for the
    masks of the flow field that is kept already, as a preview showed them."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    cell_probability: Annotated[float, Field(ge=-20, le=20)] | None = None
    flow_error: Annotated[float, Field(ge=0, le=10)] | None = None
    min_area: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    diameter: Annotated[float, Field(ge=2, le=2000)] | None = None
    cached: bool = False
    first: Rectangle | None = None


class RunIn(In):
    """``engine`` is the name of an engine that finds all cells, here on slice ``z`` of frame ``t``."""

    engine: Annotated[str, Field(min_length=1, max_length=40)]
    params: RunParams = RunParams()
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class FigureOut(Schema):
    """One measured number of an engine."""

    dataset: str
    measure: str
    value: float


class WeightsOut(Schema):
    """A file of weights that an engine can run; ``sha256`` is empty and ``size`` (bytes) null where nobody stated them,
    ``url`` and ``command`` are empty where there is nothing to fetch."""

    name: str
    filename: str
    origin: Literal["published", "included", "own"]
    url: str
    licence: str
    sha256: str
    size: int | None
    here: bool
    used: bool
    command: str


class EngineOut(Schema):
    """An engine and whether it can work here; ``problem`` is a sentence that says what is missing; ``about`` has an
    empty line between paragraphs."""

    name: str
    title: str
    summary: str
    capabilities: list[Literal["prompt", "auto", "flows"]]
    available: bool
    problem: str
    licence: str
    notice: str
    about: str
    figures: list[FigureOut]
    weights: list[WeightsOut]


RegionName = Annotated[str, Field(min_length=1, max_length=60)]


class RegionOut(Schema):
    """A rectangle, half-open, in which all cells are annotated; ``author`` is empty where that person is gone."""

    id: UUID
    name: str
    t: int
    z: int
    top: int
    left: int
    bottom: int
    right: int
    author: str

    @staticmethod
    def resolve_author(region: Any) -> str:
        """The name of who made it."""
        return region.created_by.username if region.created_by else ""


class RegionIn(In):
    """A rectangle in which all cells are annotated."""

    name: RegionName
    box: Box
    t: PlaneIndex = 0
    z: PlaneIndex = 0


class RegionChangeIn(In):
    """Another name, another rectangle or both."""

    name: RegionName | None = None
    box: Box | None = None
