"""What the HTTP API takes and gives of files on their way in; TypeScript is generated from it (`make protocol`)."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from annotation.views.schemas import In

Wanted = Annotated[list[Annotated[int, Field(ge=0, lt=1000)]], Field(min_length=1, max_length=1000)] | None
Planes = Annotated[str, Field(pattern=r"^([tcz]|([tcz][1-9][0-9]{0,5}){2,3})?$")]


class UploadIn(In):
    """A file that is about to come: what the person calls it, and its bytes. A file of annotations becomes no image.

    With ``ask`` the upload waits, asking, where the file leaves something open; otherwise the first of several images
    is taken, or those that ``series`` names (null for all), and planes without names are slices, or what ``planes``
    says.
    """

    name: str
    size: int
    purpose: Literal["image", "annotations"] = "image"
    ask: bool = False
    series: Wanted = [0]
    planes: Planes = ""
    labels: bool = False


class AnswerIn(In):
    """What these files leave open. ``series``: the images that are wanted, null for all. ``planes``: z, t or c where
    all are slices, frames or channels; else sizes, what changes first coming first, such as c3z8. ``labels``: label
    images in it become cells."""

    uploads: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    series: Wanted = [0]
    planes: Planes = ""
    labels: bool = False


class PlanesIn(In):
    """What an image's planes are, as in AnswerIn."""

    planes: Annotated[str, Field(pattern=r"^([tcz]|([tcz][1-9][0-9]{0,5}){2,3})$")]


class AskedSeriesOut(Schema):
    """An image of the file; ``problem`` says why it cannot be read."""

    name: str
    size_t: int
    size_c: int
    size_z: int
    height: int
    width: int
    dtype: str
    preview: bool
    problem: str


class QuestionOut(Schema):
    """What the file leaves open: which of ``series`` are wanted, what its ``planes`` are where there are any, whether
    its ``labels`` become cells."""

    series: list[AskedSeriesOut]
    planes: int
    labels: list[str]


class UploadOut(Schema):
    """A file on its way in. ``received`` is where the next part begins; ``image`` is there once the state is done;
    ``message`` says why it failed, or what of the file was left out; ``question`` is there while it is asking."""

    id: UUID
    name: str
    size: int
    received: int
    state: Literal["receiving", "decoding", "asking", "done", "failed"]
    message: str
    image: UUID | None
    question: QuestionOut | None
