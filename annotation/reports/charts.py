"""What a dashboard is made of, and its charts as SVG for pages and as PNG to take home: one drawing, two pens."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from annotation.reports.drawing import WIDTH, Bar, Dot, Line, Text, bars, lines
from annotation.tables import csv_text

_GREY = ("#2b6cb0", "#a0aec0", "#4a5568")
_MARKS = ("", "/", "x")


@dataclass(frozen=True, slots=True)
class Chart:
    """``question`` is its title; ``rows`` have a label and a value for each of ``series``, None where there is none.
    ``lines``: rows follow each other in time. ``apart``: each series has a scale of its own. ``links``: an address for
    each row."""

    name: str
    question: str
    answer: str
    series: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[float | None, ...]]]
    lines: bool = False
    apart: bool = False
    links: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``rows`` are the table under ``header``."""

    name: str
    title: str
    charts: list[Chart]
    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def _drawn(chart: Chart) -> tuple[int, list[Text | Bar | Line | Dot]]:
    """Height and strokes."""
    return (lines if chart.lines else bars)(chart.series, chart.rows, chart.links, apart=chart.apart)


def to_csv(chart: Chart) -> str:
    """Its numbers as a table."""
    header = ("", *chart.series, *(["page"] if chart.links else []))
    links = [[link] for link in chart.links] or [[] for _ in chart.rows]
    return csv_text(header, ([label, *values, *link] for (label, values), link in zip(chart.rows, links, strict=True)))


# --- for pages --------------------------------------------------------------------------------------------------------


def to_svg(chart: Chart) -> str:
    """It takes the page's colours by class names."""
    height, strokes = _drawn(chart)
    head = f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {height}" aria-label="{_quoted(chart.question)}">'
    hatches = "".join(_hatch(f"{chart.name}-hatch-{number}", number) for number in (1, 2))
    return "".join([head, f"<defs>{hatches}</defs>", *(_svg(chart.name, stroke) for stroke in strokes), "</svg>"])


def _hatch(name: str, number: int) -> str:
    """Stripes, or a grid."""
    second = '<rect class="mark" width="5" height="1.5"/>' if number == 2 else ""
    return (
        f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect class="back" width="5" height="5"/><rect class="mark" width="1.5" height="5"/>{second}</pattern>'
    )


def _svg(name: str, stroke: Text | Bar | Line | Dot) -> str:
    match stroke:
        case Text():
            text = f'<text x="{stroke.x}" y="{stroke.y}" text-anchor="{stroke.anchor}">{escape(stroke.text)}</text>'
            return f'<a href="{_quoted(stroke.link)}">{text}</a>' if stroke.link else text
        case Bar():
            fill = f' fill="url(#{name}-hatch-{stroke.series})"' if stroke.series else ""
            place = f'x="{stroke.x}" y="{stroke.y}" width="{stroke.width}" height="{stroke.height}"'
            return f'<rect class="series-{stroke.series}"{fill} {place}/>'
        case Line():
            points = " ".join(f"{x},{y}" for x, y in stroke.points)
            name = "axis" if stroke.series is None else f"line-{stroke.series}"
            return f'<polyline class="{name}" points="{points}"/>'
        case Dot():
            return f'<rect class="dot" x="{stroke.x - 2}" y="{stroke.y - 2}" width="4" height="4"/>'


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


# --- to take home -----------------------------------------------------------------------------------------------------


def to_png(chart: Chart) -> bytes:
    """Twice the size, on white."""
    height, strokes = _drawn(chart)
    picture = Image.new("RGB", (2 * WIDTH, 2 * height + 60), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(22)
    pen.text((16, 12), chart.question, "black", ImageFont.load_default(28))
    for stroke in strokes:
        match stroke:
            case Text():
                anchor = {"start": "ls", "middle": "ms", "end": "rs"}[stroke.anchor]
                pen.text((2 * stroke.x, 2 * stroke.y + 60), stroke.text, "black", font, anchor=anchor)
            case Bar():
                left, top = 2 * stroke.x, 2 * stroke.y + 60
                _fill(pen, (left, top, left + 2 * stroke.width, top + 2 * stroke.height), stroke.series)
            case Line():
                points = [(2 * x, 2 * y + 60) for x, y in stroke.points]
                colour, width = ("#a0aec0", 2) if stroke.series is None else (_GREY[0], 4)
                for start, end in _dashes(points, stroke.series or 0):
                    pen.line((*start, *end), fill=colour, width=width)
            case Dot():
                pen.rectangle((2 * stroke.x - 5, 2 * stroke.y + 55, 2 * stroke.x + 5, 2 * stroke.y + 65), _GREY[0])
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def _fill(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], series: int) -> None:
    left, top, right, bottom = box
    pen.rectangle(box, fill=_GREY[series % len(_GREY)])
    if _MARKS[series % len(_MARKS)]:
        for start in range(left, right, 12):
            pen.line((start, bottom, min(start + bottom - top, right), top), fill="white", width=3)
    if _MARKS[series % len(_MARKS)] == "x":
        for start in range(left, right, 12):
            pen.line((start, top, min(start + bottom - top, right), bottom), fill="white", width=3)


_Point = tuple[int, int]


def _dashes(points: list[_Point], series: int) -> Iterator[tuple[_Point, _Point]]:
    """The line's parts: whole, long or short dashes."""
    on, off = ((1, 0), (12, 8), (4, 8))[series % 3]
    for (x0, y0), (x1, y1) in pairwise(points):
        length = max(int(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5), 1)
        step = on + off if off else length
        for start in range(0, length, step):
            end = min(start + (on if off else length), length)
            at = [(x0 + (x1 - x0) * part // length, y0 + (y1 - y0) * part // length) for part in (start, end)]
            yield at[0], at[1]
