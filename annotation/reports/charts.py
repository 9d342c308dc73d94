"""Bar charts as SVG for pages and as PNG to take home: one drawing, two pens. Series differ by pattern and by the
number on each bar, so that nothing needs colour."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

WIDTH, BAR, GAP, LEFT, TOP = 640, 14, 10, 150, 28
_GREY = ("#2b6cb0", "#a0aec0", "#4a5568")
_MARKS = ("", "/", "x")


@dataclass(frozen=True, slots=True)
class Chart:
    """``question`` is its title; ``rows`` have a label and a value for each of ``series``."""

    name: str
    question: str
    answer: str
    series: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[float, ...]]]

    @property
    def height(self) -> int:
        """Pixels."""
        return TOP + max(len(self.rows), 1) * (len(self.series) * BAR + GAP)


@dataclass(frozen=True, slots=True)
class _Bar:
    top: int
    length: int
    series: int
    text: str


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def _bars(chart: Chart) -> list[_Bar]:
    most = max((value for _, values in chart.rows for value in values), default=0) or 1
    found = []
    for number, (_, values) in enumerate(chart.rows):
        for series, value in enumerate(values):
            top = TOP + number * (len(chart.series) * BAR + GAP) + series * BAR
            found.append(_Bar(top, round((WIDTH - LEFT - 70) * value / most), series, _shown(value)))
    return found


def _label_top(chart: Chart, number: int) -> int:
    return TOP + number * (len(chart.series) * BAR + GAP) + len(chart.series) * BAR // 2


def to_svg(chart: Chart) -> str:
    """For a page: it takes the page's colours by class names."""
    parts = [
        f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {chart.height}" aria-label="{_quoted(chart.question)}">'
    ]
    parts.append(
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="back" width="5" height="5"/><rect class="line" width="2" height="5"/></pattern></defs>'
    )
    for number, name in enumerate(chart.series):
        parts.append(f'<rect class="series-{number}" x="{LEFT + 130 * number}" y="6" width="12" height="12"/>')
        parts.append(f'<text x="{LEFT + 130 * number + 18}" y="16">{escape(name)}</text>')
    for number, (label, _) in enumerate(chart.rows):
        parts.append(
            f'<text x="{LEFT - 8}" y="{_label_top(chart, number) + 4}" text-anchor="end">{escape(label[:22])}</text>'
        )
    parts.extend(
        f'<rect class="series-{bar.series}" x="{LEFT}" y="{bar.top}" width="{bar.length}" height="{BAR - 2}"/>'
        f'<text x="{LEFT + bar.length + 6}" y="{bar.top + BAR - 4}">{bar.text}</text>'
        for bar in _bars(chart)
    )
    return "".join([*parts, "</svg>"])


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def to_png(chart: Chart) -> bytes:
    """Twice the size, on white."""
    picture = Image.new("RGB", (2 * WIDTH, 2 * chart.height + 60), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(22)
    pen.text((16, 12), chart.question, "black", ImageFont.load_default(28))
    for number, name in enumerate(chart.series):
        left = 2 * LEFT + 260 * number
        _fill(pen, (left, 72, left + 24, 96), number)
        pen.text((left + 36, 72), name, "black", font)
    for number, (label, _) in enumerate(chart.rows):
        pen.text((2 * LEFT - 16, 2 * _label_top(chart, number) + 60), label[:22], "black", font, anchor="rm")
    for bar in _bars(chart):
        top = 2 * bar.top + 60
        _fill(pen, (2 * LEFT, top, 2 * (LEFT + bar.length), top + 2 * BAR - 4), bar.series)
        pen.text((2 * (LEFT + bar.length) + 12, top + BAR - 2), bar.text, "black", font, anchor="lm")
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def _fill(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], series: int) -> None:
    left, top, right, bottom = box
    pen.rectangle(box, fill=_GREY[series % len(_GREY)])
    if _MARKS[series % len(_MARKS)]:
        for start in range(left, right, 12):
            pen.line((start, bottom, min(start + bottom - top, right), top), fill="white", width=3)
