"""What the HTTP API takes and gives of datasets: formats, snapshots, splits. Unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from annotation.views.schemas import In, StatusName

SplitName = Literal["train", "validation", "test"]


class FormatOut(Schema):
    """A format of files; ``summary`` says what it is for, ``read`` whether cells can come back from it."""

    name: str
    title: str
    summary: str
    read: bool


class ExportIn(In):
    """``format`` is the name of an export format, such as label-tiff or coco. Without a snapshot the project is
    exported as it is."""

    format: Annotated[str, Field(min_length=1, max_length=40)]
    snapshot: UUID | None = None


class ReadingIn(In):
    """One's own upload of annotations; an empty format is found out."""

    upload: UUID
    format: Annotated[str, Field(max_length=40)] = ""


class AddingIn(In):
    """Whether classes that cells in the file have and the project lacks are made; without, these cells get none."""

    make_classes: bool = False


class SelectionIn(In):
    """What goes into a snapshot: images in these states and splits (all where the list is empty), cells of these
    classes (all where it is null; 0 stands for cells without a class); with ``complete_only`` only images that have
    “complete here” regions, and cells inside of these."""

    states: Annotated[list[StatusName], Field(max_length=10)] = ["accepted"]
    splits: Annotated[list[SplitName], Field(max_length=3)] = []
    classes: Annotated[list[Annotated[int, Field(ge=0, le=2**31 - 1)]], Field(max_length=300)] | None = None
    complete_only: bool = False


class SnapshotIn(In):
    """A new snapshot's name, and what goes into it."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    selection: SelectionIn = SelectionIn()


class SnapshotOut(Schema):
    """A frozen state. ``sha256`` is of what is in it: equal states have equal hashes."""

    id: UUID
    name: str
    sha256: str
    images: int
    cells: int
    created_at: datetime
    created_by: str
    selection: SelectionIn


class ChangedCellOut(Schema):
    """A cell that both snapshots have: the overlap of its masks, whether its class is another, and whether it is part
    of another object, or its object came from another one."""

    label: int
    iou: float
    class_changed: bool
    object_changed: bool


class ImageDifferenceOut(Schema):
    """How many cells of an image were added, removed and changed; the first changed ones."""

    id: UUID
    name: str
    added: int
    removed: int
    changed_count: int
    changed: list[ChangedCellOut]


class DifferenceOut(Schema):
    """Names of images that came and went, what differs in others, and how many are the same."""

    added: list[str]
    removed: list[str]
    changed: list[ImageDifferenceOut]
    same: int


class SplitsIn(In):
    """Shares of the images that have no split yet, and what belongs together."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    train: Annotated[float, Field(ge=0, le=1)] = 0.7
    validation: Annotated[float, Field(ge=0, le=1)] = 0.15
    test: Annotated[float, Field(ge=0, le=1)] = 0.15
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    group_by: Literal["image", "file", "first_part", "without_last_part"] = "file"


class TwinOut(Schema):
    """Two images of different splits that look nearly the same."""

    one: str
    one_split: SplitName
    other: str
    other_split: SplitName


class SplitsOut(Schema):
    """How many images each split has, how many have none, and which look as if they were in two."""

    train: int
    validation: int
    test: int
    none: int
    twins: list[TwinOut]
