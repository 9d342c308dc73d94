"""Where the strokes of a chart lie. Series differ by pattern and dash, and each bar and line has its number beside it,
so that nothing needs colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LEFT, TOP = 640, 190, 28
_BAR, _GAP = 14, 10
_PLOT = 190
"""Height of a chart of lines, without what is written around it."""
_LETTERS = 28
_LABELS = 8
"""Along a time axis."""

Rows = Sequence[tuple[str, tuple[float | None, ...]]]


@dataclass(frozen=True, slots=True)
class Text:
    """``y`` is its base line; ``anchor`` as in SVG."""

    x: int
    y: int
    text: str
    anchor: str = "start"
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the pattern of its series."""

    x: int
    y: int
    width: int
    height: int
    series: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line, dashed as its series is."""

    points: tuple[tuple[int, int], ...]
    series: int


@dataclass(frozen=True, slots=True)
class Dot:
    """The end of a line."""

    x: int
    y: int


Stroke = Text | Bar | Line | Dot


def shown(value: float) -> str:
    """“1,200”, “3.5”."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def bars(series: Sequence[str], rows: Rows, links: Sequence[str], *, apart: bool) -> tuple[int, list[Stroke]]:
    """Height and strokes: for each row a bar of each series, to one scale, or ``apart``."""
    room = WIDTH - LEFT - 70
    most = [max((values[number] or 0 for _, values in rows), default=0) or 1 for number in range(len(series))]
    scale = most if apart else [max(most, default=1)] * len(series)
    strokes: list[Stroke] = []
    for number, name in enumerate(series):
        strokes += [Bar(LEFT + 140 * number, 6, 12, 12, number), Text(LEFT + 140 * number + 18, 16, name)]
    high = len(series) * _BAR + _GAP
    for row, (label, values) in enumerate(rows):
        top = TOP + row * high
        link = links[row] if links else ""
        strokes.append(Text(LEFT - 8, top + len(series) * _BAR // 2 + 4, _short(label), "end", link))
        for number, value in enumerate(values):
            if value is not None:
                length = round(room * max(value, 0) / scale[number])
                y = top + number * _BAR
                strokes += [Bar(LEFT, y, length, _BAR - 2, number), Text(LEFT + length + 6, y + _BAR - 4, shown(value))]
    return TOP + max(len(rows), 1) * high, strokes


def lines(series: Sequence[str], rows: Rows, _links: Sequence[str], *, apart: bool) -> tuple[int, list[Stroke]]:
    """Height and strokes: a line for each series, with its last number and its name."""
    del apart
    left, right, base = 24, WIDTH - 130, TOP + _PLOT
    most = max((value or 0 for _, values in rows for value in values), default=0) or 1
    step = (right - left) / max(len(rows) - 1, 1)
    strokes: list[Stroke] = [Line(((left, base), (right, base)), 0)]
    every = max(len(rows) // _LABELS, 1)
    for row, (label, _) in enumerate(rows):
        last = len(rows) - 1
        if row == last or (row % every == 0 and last - row >= every):
            anchor = "start" if row == 0 else "middle"
            strokes.append(Text(round(left + row * step), base + 18, label, anchor))
    taken: list[int] = []
    for number, name in enumerate(series):
        points = [
            (round(left + row * step), base - round(_PLOT * value / most))
            for row, (_, values) in enumerate(rows)
            if (value := values[number]) is not None
        ]
        if not points:
            continue
        x, y = points[-1]
        at = y
        while any(abs(at - other) < 15 for other in taken):
            at += 15 if at < base - 30 else -15
        taken.append(at)
        value = next(values[number] for _, values in reversed(rows) if values[number] is not None)
        text = f"{name} {shown(value or 0)}"
        strokes += [Line(tuple(points), number), Dot(x, y), Text(x + 8, at + 4, text)]
    return base + 26, strokes
