"""What an image counts for on the dashboards. Pure: from what is known of it to numbers.

| what | counts | day, person | key | places |
| --- | --- | --- | --- | --- |
| image | the image | it came in, who annotates it | | its state |
| cell | its cells | drawn, by whom | | its state |
| size | its cells | drawn, by whom | | the whole part of the area's logarithm to base 2 |
| level | its measured cells | drawn, by whom | | the whole part of twice the brightness's logarithm to base 2 |
| step | its way, see below | of the step, whose it is | | the words of STEPS |
| work | see annotation.quality.ledger | of the operation, by whom | the engine | the words of WORK |

Of the steps: handed_in, accepted and returned are steps there; done is 1 with each step to “accepted” and -1 with each
from there; first_ok and first_back are what its first review said; begun is the image, once for each person who worked
in it, on their first day.

Whose a step is: whoever handed the image in last, nobody where nobody did. A reviewer who puts an image back has not
handed it in. Cells of twins and of deleted images are not counted, nor are these as images; the work in them is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

ALL = -1
"""As a class: every image, whatever its cells are."""
NOBODY = 0
STATES = ("new", "assigned", "in_progress", "submitted", "in_review", "accepted", "returned")
STEPS = ("handed_in", "accepted", "returned", "done", "first_ok", "first_back", "begun")
WORK = ("operations", "created", "changed", "deleted", "proposed", "runs", "ms")
_WORDS = {"submitted": "handed_in", "accepted": "accepted", "returned": "returned"}
DARK = -99
"""The key of cells whose brightness is 0 or less: they have no logarithm."""


_FAINTEST, _BRIGHTEST = -20, 33
PLACES: dict[str, tuple[str | int, ...]] = {
    "image": STATES,
    "cell": STATES,
    "size": tuple(range(32)),
    "level": (DARK, *range(_FAINTEST, _BRIGHTEST + 1)),
    "step": STEPS,
    "work": WORK,
}
"""What the sums of a row of Tally are of, in their order."""


class Key(NamedTuple):
    """Of a sum in Tally: a row and a place in it."""

    what: str
    day: date
    person: int
    label_class: int
    split: str
    key: str
    place: str | int


@dataclass(frozen=True, slots=True)
class CellGroup:
    """Cells of one day, person, class, size and brightness (None: not measured)."""

    day: date
    person: int
    label_class: int
    size: int
    level: int | None
    n: int


@dataclass(frozen=True, slots=True)
class Step:
    """The image went from one state to another."""

    day: date
    actor: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Work:
    """``counts`` in the order of WORK."""

    day: date
    person: int
    label_class: int
    engine: str
    counts: tuple[int, ...]


@dataclass(slots=True)
class ImageFacts:
    """All that is known of an image; ``shown``: neither deleted nor a twin. ``steps`` oldest first."""

    day: date
    assignee: int
    status: str
    split: str
    shown: bool
    cells: list[CellGroup] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)


def figures_of(facts: ImageFacts) -> Counter[Key]:
    """What it counts for."""
    found: Counter[Key] = Counter()
    for key, n in (*_cells(facts), *_way(facts), *_work(facts)):
        found[key] += n
    return found


def _cells(facts: ImageFacts) -> Iterator[tuple[Key, int]]:
    if not facts.shown:
        return
    for group in facts.cells:
        whose = (group.day, group.person, group.label_class, facts.split, "")
        yield Key("cell", *whose, facts.status), group.n
        yield Key("size", *whose, group.size), group.n
        if group.level is not None:
            level = group.level if group.level == DARK else min(max(group.level, _FAINTEST), _BRIGHTEST)
            yield Key("level", *whose, level), group.n
    for label_class in _classes(facts):
        yield Key("image", facts.day, facts.assignee, label_class, facts.split, "", facts.status), 1


def _classes(facts: ImageFacts) -> set[int]:
    return {ALL, *(group.label_class for group in facts.cells)}


def _way(facts: ImageFacts) -> Iterator[tuple[Key, int]]:
    owner, reviewed = NOBODY, False
    for step in facts.steps:
        put_back = (step.before, step.after) == ("in_review", "submitted")
        owner = step.actor if step.after == "submitted" and not put_back else owner
        said = [(_WORDS[step.after], 1)] if step.after in _WORDS and not put_back else []
        if step.after in ("accepted", "returned") and not reviewed:
            said.append(("first_ok" if step.after == "accepted" else "first_back", 1))
            reviewed = True
        if facts.shown:
            said.append(("done", (step.after == "accepted") - (step.before == "accepted")))
        for label_class in _classes(facts):
            whose = (step.day, owner, label_class, facts.split, "")
            yield from ((Key("step", *whose, word), n) for word, n in said if n)


def _work(facts: ImageFacts) -> Iterator[tuple[Key, int]]:
    begun: dict[tuple[int, int], date] = {}
    for row in facts.work:
        whose = (row.day, row.person, row.label_class, facts.split)
        yield from ((Key("work", *whose, row.engine, word), n) for word, n in zip(WORK, row.counts, strict=True) if n)
        if row.counts[0]:
            for label_class in (ALL, row.label_class):
                first = begun.setdefault((row.person, label_class), row.day)
                begun[row.person, label_class] = min(first, row.day)
    for (person, label_class), day in begun.items():
        yield Key("step", day, person, label_class, facts.split, "", "begun"), 1


def changes(before: Iterable[tuple[Key, int]], after: Counter[Key]) -> Counter[Key]:
    """What is to be added to the sums, so that they have ``after`` instead of ``before``."""
    found = Counter(after)
    for key, n in before:
        found[key] -= n
    return Counter({key: n for key, n in found.items() if n})
