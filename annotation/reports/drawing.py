"""Where the strokes of a chart lie. Series differ by pattern and dash, and each bar and line has its number beside it,
so that nothing needs colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, TOP = 640, 28
_BAR, _GAP = 14, 10
_PLOT = 190
"""Height of a chart of lines, without what is written around it."""
_LETTERS = 40
_LABELS = 6
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
    """A line, dashed as its series is; an axis is of none."""

    points: tuple[tuple[int, int], ...]
    series: int | None


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
    left = 24 + min(round(6.4 * max((len(_short(label)) for label, _ in rows), default=0)), 280)
    room = WIDTH - left - 70
    most = [max((values[number] or 0 for _, values in rows), default=0) or 1 for number in range(len(series))]
    scale = most if apart else [max(most, default=1)] * len(series)
    strokes: list[Stroke] = []
    for number, name in enumerate(series):
        strokes += [Bar(left + 140 * number, 6, 12, 12, number), Text(left + 140 * number + 18, 16, name)]
    high = len(series) * _BAR + _GAP
    for row, (label, values) in enumerate(rows):
        top = TOP + row * high
        link = links[row] if links else ""
        strokes.append(Text(left - 8, top + len(series) * _BAR // 2 + 4, _short(label), "end", link))
        for number, value in enumerate(values):
            if value is not None:
                length = round(room * max(value, 0) / scale[number])
                y = top + number * _BAR
                strokes += [Bar(left, y, length, _BAR - 2, number), Text(left + length + 6, y + _BAR - 4, shown(value))]
    return TOP + max(len(rows), 1) * high, strokes


def lines(series: Sequence[str], rows: Rows, _links: Sequence[str], *, apart: bool) -> tuple[int, list[Stroke]]:
    """Height and strokes: a line for each series, with its last number and its name."""
    del apart
    left, right, base = 24, WIDTH - 130, TOP + _PLOT
    most = max((value or 0 for _, values in rows for value in values), default=0) or 1
    step = (right - left) / max(len(rows) - 1, 1)
    strokes: list[Stroke] = [Line(((left, base), (right, base)), None)]
    last = len(rows) - 1
    every = max(-(-len(rows) // _LABELS), 1)
    for row, (label, _) in enumerate(rows):
        if row == last or (row % every == 0 and last - row >= every):
            strokes.append(Text(round(left + row * step), base + 18, label, "start" if row == 0 else "middle"))
    ends: list[tuple[int, str]] = []
    for number, name in enumerate(series):
        known = [(row, value) for row, (_, values) in enumerate(rows) if (value := values[number]) is not None]
        points = tuple((round(left + row * step), base - round(_PLOT * value / most)) for row, value in known)
        if points:
            strokes += [Line(points, number), Dot(*points[-1])]
            ends.append((points[-1][1], f"{name} {shown(known[-1][1])}"))
    strokes += [Text(right + 10, y + 4, text) for y, text in _spread(sorted(ends), base)]
    return base + 26, strokes


def _spread(ends: list[tuple[int, str]], base: int) -> list[tuple[int, str]]:
    """Texts from above to below, each in a line of its own, none below ``base``."""
    placed: list[tuple[int, str]] = []
    for number, (y, text) in enumerate(ends):
        lowest = base - 15 * (len(ends) - 1 - number)
        placed.append((min(max(y, placed[-1][0] + 15) if placed else y, lowest), text))
    return placed
