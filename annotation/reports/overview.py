"""How far a project is, how long it will take, and what waits."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotation.models import Annotation, Image, ImageStatus
from annotation.reports.asked import Asked, class_names, counted, tallied
from annotation.reports.charts import Chart, Dashboard

DAYS = 14
"""Of the burn-up, unless other days are asked for."""
MOST_DAYS = 366
_WAITING = (ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW)
_GROUPS = {ImageStatus.ACCEPTED: 2, **dict.fromkeys(_WAITING, 1)}
OLDEST = 10


def get_overview(project_id: UUID, asked: Asked) -> Dashboard:
    """Progress by state and by class, images handed in and accepted by day, and when the rest will be accepted."""
    counts = dict(tallied(project_id, asked, "image", of_images=True))
    done, total = counts.get(ImageStatus.ACCEPTED, 0), sum(counts.values())
    states = Chart(
        "states",
        "How far are we?",
        f"{done:,} of {counted(total, 'image')} accepted",
        ("images",),
        [(str(state.label), (counts.get(state, 0),)) for state in ImageStatus],
    )
    days = _days(project_id, asked)
    waiting = _waiting(project_id, asked, sum(counts.get(state, 0) for state in _WAITING))
    header = ("day", "handed in", "accepted", "images so far", "accepted so far")
    charts = [states, _classes(project_id, asked), _burn_up(project_id, asked, days), waiting]
    return Dashboard("overview", "Overview", charts, header, list(days))


def _classes(project_id: UUID, asked: Asked) -> Chart:
    sums: dict[int, list[int]] = {}
    for label_class, key, n in tallied(project_id, asked, "cell", ["label_class"]):
        sums.setdefault(label_class, [0, 0, 0])[_GROUPS.get(key, 0)] += n
    names = class_names(project_id)
    rows = [(name, tuple(sums[key])) for key, name in names.items() if key in sums]
    accepted, total = sum(values[2] for _, values in rows), sum(sum(values) for _, values in rows)
    answer = f"{accepted:,} of {counted(total, 'cell')} in accepted images"
    return Chart("classes", "How far is each class?", answer, ("in work", "waits for review", "accepted"), rows)


def _days(project_id: UUID, asked: Asked) -> list[tuple[date, int, int, int, int]]:
    """(day, handed in, accepted, images so far, accepted so far) for every day that is asked for, a year at most."""
    until = asked.until or timezone.now().date()
    since = max(asked.since or until - timedelta(days=DAYS - 1), until - timedelta(days=MOST_DAYS))
    chosen = Asked(since, until, asked.person, asked.class_id, asked.split)
    found: Counter[tuple[date, str]] = Counter()
    for day, word, n in tallied(project_id, chosen, "step", ["day"], of_images=True):
        found[day, word] += n
    for day, _, n in tallied(project_id, chosen, "image", ["day"], of_images=True):
        found[day, "image"] += n
    so_far = _so_far(project_id, chosen.before(since))
    days = []
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        so_far.update({what: found[day, what] for what in ("done", "image")})
        days.append((day, found[day, "handed_in"], found[day, "accepted"], so_far["image"], so_far["done"]))
    return days


def _so_far(project_id: UUID, asked: Asked) -> Counter[str]:
    """Images, and those that are “done”."""
    steps = dict(tallied(project_id, asked, "step", of_images=True))
    images = sum(n for _, n in tallied(project_id, asked, "image", of_images=True))
    return Counter({"image": images, "done": steps.get("done", 0)})


def _burn_up(project_id: UUID, asked: Asked, days: list[tuple[date, int, int, int, int]]) -> Chart:
    """Images and accepted images so far, and the line on which the rest would follow."""
    sums = _so_far(project_id, asked.whenever())
    total, done = sums["image"], sums["done"]
    gained = days[-1][4] - days[0][4] + days[0][2] if days else 0
    pace = gained / max(len(days), 1)
    rows: list[tuple[str, tuple[float | None, ...]]] = [
        (f"{day:%d %b}", (images, accepted, None)) for day, _, _, images, accepted in days
    ]
    if rows and pace > 0 and total > done:
        label, (images, accepted, _) = rows[-1]
        rows[-1] = (label, (images, accepted, accepted))
        ends = _later(days[-1][0], math.ceil((total - done) / pace))
        rows.append((ends, (None, None, total)))
    answer = _forecast(total - done, pace)
    series = ("images", "accepted", "forecast")
    return Chart("days", "How long until everything is accepted?", answer, series, rows, lines=True)


def _later(day: date, days: int) -> str:
    return f"{day + timedelta(days=days):%d %b %y}" if days < (date.max - day).days else "never"


def _forecast(left: int, pace: float) -> str:
    if left <= 0:
        return "Everything is accepted"
    if pace <= 0:
        return f"{counted(left, 'image')} left; none was accepted in these days"
    return f"About {counted(math.ceil(left / pace), 'day')}, at {pace:,.1f} accepted a day"


def _waiting(project_id: UUID, asked: Asked, number: int) -> Chart:
    """What waits longest for its review."""
    wanted = {
        "handed_in_at__date__gte": asked.since,
        "handed_in_at__date__lte": asked.until,
        "assignee_id": asked.person,
        "split__split": asked.split_key or None,
    }
    chosen = Q(**{name: value for name, value in wanted.items() if value is not None})
    if asked.split_key == "":
        chosen &= Q(split=None)
    if asked.class_id is not None:
        cells = Annotation.objects.filter(image=OuterRef("pk"), deleted=False, label_class=asked.class_id or None)
        chosen &= Q(Exists(cells))
    images = Image.objects.filter(
        chosen, project_id=project_id, deleted_at=None, twin_of=None, status__in=_WAITING, handed_in_at__isnull=False
    )
    oldest = images.order_by("handed_in_at", "pk").values_list("pk", "name", "handed_in_at")[:OLDEST]
    now = timezone.now()
    found = [(name, ((now - at).total_seconds() / 3600,), f"/images/{pk}/") for pk, name, at in oldest if at]
    return Chart(
        "waiting",
        "What waits longest for review?",
        f"{counted(number, 'image')} {'waits' if number == 1 else 'wait'}",
        ("hours",),
        [(name, values) for name, values, _ in found],
        links=[link for _, _, link in found],
    )
