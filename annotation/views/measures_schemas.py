"""What the HTTP API takes and gives of measurements. Unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from annotation.reports.measures import Chosen, Figure
from annotation.views.schemas import JobOut

MeasureName = Literal[
    "area_px",
    "equivalent_diameter_px",
    "perimeter_px",
    "major_axis_px",
    "minor_axis_px",
    "eccentricity",
    "mean",
    "std",
    "min",
    "max",
    "sum",
]
ChannelName = Annotated[str, Field(max_length=255)]


class MeasureOut(Schema):
    """Something that is measured; ``by_channel`` where each channel has its own."""

    name: MeasureName
    title: str
    by_channel: bool


class MeasuredOut(Schema):
    """How much is measured: ``waiting`` images have changed since, or were never measured; ``job`` is the one that
    measures them, if it is under way. ``physical``: some images say how large their pixels are."""

    images: int
    cells: int
    waiting: int
    job: JobOut | None
    channels: list[str]
    physical: bool
    measures: list[MeasureOut]


class ChosenQuery(Schema):
    """Which cells: of these classes (keys, with commas between; 0 for cells without one), of this split (none: of no
    split); what is left out asks nothing. ``physical``: lengths in µm where pixels have a size."""

    classes: Annotated[str, Field(max_length=2000, pattern=r"^([0-9]{1,9}(,[0-9]{1,9})*)?$")] = ""
    split: Literal["", "train", "validation", "test", "none"] = ""
    physical: bool = False

    def chosen(self) -> Chosen:
        """The same, for the read side."""
        split = {"": None, "none": ""}.get(self.split, self.split)
        return Chosen(frozenset(map(int, self.classes.split(","))) if self.classes else None, split)


class DistributionQuery(ChosenQuery):
    """Of what, and what is kept apart."""

    measure: MeasureName = "area_px"
    channel: ChannelName = ""
    by: Literal["", "class", "image", "split"] = "class"

    def figure(self) -> Figure:
        """The same, for the read side."""
        return Figure(self.measure, self.channel, self.physical)


class PointsQuery(ChosenQuery):
    """Two figures of each cell."""

    x: MeasureName = "area_px"
    x_channel: ChannelName = ""
    y: MeasureName = "eccentricity"
    y_channel: ChannelName = ""

    def figures(self) -> tuple[Figure, Figure]:
        """The same, for the read side."""
        return Figure(self.x, self.x_channel, self.physical), Figure(self.y, self.y_channel, self.physical)


class GroupOut(Schema):
    """Cells of one class, image or split. ``quartiles``: 0th, 25th, 50th, 75th and 100th percentile; ``counts``: cells
    in each bin."""

    key: str
    name: str
    cells: int
    mean: float
    sd: float
    quartiles: list[float]
    counts: list[int]


class DistributionOut(Schema):
    """``edges`` of the bins, from the 0.5th to the 99.5th percentile of all; the outer bins hold what lies beyond.
    ``without``: cells of images that do not have this. ``group_count`` may be more than there are ``groups``."""

    unit: str
    edges: list[float]
    groups: list[GroupOut]
    group_count: int
    without: int


class PointsOut(Schema):
    """A column for each property of the points; a sample where ``cells`` are more. ``links`` open the cells."""

    x_unit: str
    y_unit: str
    cells: int
    x: list[float]
    y: list[float]
    classes: list[int]
    ids: list[str]
    images: list[str]
    links: list[str]
