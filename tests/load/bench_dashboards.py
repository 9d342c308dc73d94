"""`make bench-dashboards`: every dashboard and list of a project with 100,000 images, 1,000,000 cells, 10,000,000
operations and 50 members, and of one a tenth of that. The first request of each, before which nothing is kept, is one
of those that are measured."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from tests.load.report import Row, at_most, publish
from tests.services import running_postgres, running_valkey, temporary_data

LIMIT_MS, GROWTH = 300.0, 1.5
UNFELT_MS = 20.0
"""Answers below have no growth that anybody feels."""
ROUNDS = 25
LARGE = int(os.environ.get("BENCH_IMAGES", "100000"))


@dataclass(frozen=True)
class Look:
    """A request; ``again`` makes undone what it did."""

    name: str
    path: str
    method: str = "get"
    body: dict[str, Any] | None = None
    again: Callable[[], None] | None = None
    by_last: bool = False
    """By the member who has no images yet."""


def make_project(images: int, first: int) -> tuple[Any, list[int], float]:
    """The project, its classes, and the seconds that counting all of it took."""
    from annotation.actions.figures import do_count_touched
    from annotation.models import LabelClass, Membership, Project
    from tests.load.dashboards_data import MEMBERS, fill

    project = Project.objects.create(name=f"{images} images")
    names = ("Cell", "Mitotic", "Dead")
    classes = [LabelClass.objects.create(project=project, name=name, colour="#e69f00").pk for name in names]
    roles = ["owner", *["annotator"] * (MEMBERS - 1)]
    Membership.objects.bulk_create(
        Membership(project=project, user_id=first + number, role=role) for number, role in enumerate(roles)
    )
    fill(project.pk, images, classes, first)
    settle()
    start = time.perf_counter()
    do_count_touched(project.pk, most=2**31)
    took = time.perf_counter() - start
    settle()
    return project, classes, took


def settle() -> None:
    """What a server does by itself within minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def looks(project: Any, classes: list[int], first: int) -> list[Look]:
    from annotation.models import Image, Project

    api, page = f"/api/projects/{project.pk}", f"/projects/{project.pk}/dashboards"
    asked = {
        "": "",
        ", some days": "since=2029-10-10&until=2030-03-20",
        ", a person, class and split": f"person={first + 3}&class_id={classes[1]}&split=train",
        ", all filters": f"since=2029-10-10&until=2030-03-20&person={first + 3}&class_id={classes[1]}&split=train",
        ", a class": f"class_id={classes[2]}",
        ", a split": "split=none",
    }
    found = [
        Look(f"{name}{words}", f"{page}/{name}/?{query}")
        for name in ("overview", "people", "models", "data")
        for words, query in asked.items()
    ]
    oldest = Image.objects.filter(project=project).order_by("created_at")
    middle = oldest[oldest.count() // 2]

    def give_back() -> None:
        Image.objects.filter(project=project, assignee=first + 49).update(assignee=None, status="new")
        Image.objects.filter(project=project, reviewer=first).update(reviewer=None, status="submitted")

    def next_of(order: str) -> Callable[[], None]:
        def do() -> None:
            give_back()
            Project.objects.filter(pk=project.pk).update(next_order=order)

        return do

    orders = [
        Look(f"next image, {order}", f"{api}/next", "post", {}, next_of(order), by_last=True)
        for order in ("oldest", "worst", "random")
    ]
    return [
        *found,
        Look("project list", "/api/projects"),
        Look("project", api),
        Look("members", f"{api}/members"),
        Look("image list, first page", f"{api}/images?limit=200"),
        Look("image list, 1,000 at once", f"{api}/images"),
        Look("image list, page in the middle", f"{api}/images?limit=200&cursor={cursor_of(middle)}"),
        Look("steps of an image", f"/api/images/{middle.pk}/steps"),
        Look("audit log", f"{api}/audit"),
        Look("audit log of a person", f"{api}/audit?person={first + 7}"),
        Look("audit log of a kind", f"{api}/audit?kind=member_role"),
        Look("audit log of some days", f"{api}/audit?since=2029-10-10&until=2029-10-12"),
        *orders,
        Look("next image to review", f"{api}/next", "post", {"task": "review"}, give_back),
    ]


def cursor_of(image: Any) -> str:
    from annotation.views.paging import _cursor

    return _cursor(0, f"{image.created_at.isoformat()} {image.pk}").replace("+", "%2B")


def p95(clients: list[Any], look: Look) -> tuple[float, float]:
    """Milliseconds: of all requests, and of the first."""
    took = []
    for _ in range(ROUNDS):
        if look.again:
            look.again()
        client = clients[look.by_last]
        start = time.perf_counter()
        more = {"data": look.body, "content_type": "application/json"} if look.method == "post" else {}
        answer = getattr(client, look.method)(look.path, **more)
        took.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, (look, answer.content)
    return quantiles(took, n=20, method="inclusive")[-1], took[0]


def warm_up(client: Any, first: int) -> None:
    """A server that has just started reads its code at the first request: an empty project is asked of before."""
    from annotation.models import Membership, Project

    project = Project.objects.create(name="Empty")
    Membership.objects.create(project=project, user_id=first, role="owner")
    for path in (f"/projects/{project.pk}/dashboards/overview/", f"/api/projects/{project.pk}/images"):
        assert client.get(path).status_code == 200


def measure() -> list[Row]:
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.test import Client

    from annotation.models import User
    from tests.load.dashboards_data import MEMBERS

    call_command("migrate", verbosity=0)
    people = [
        User(username=f"person{number}", email=f"{number}@lab.example", password=make_password(None))
        for number in range(MEMBERS)
    ]
    first = User.objects.bulk_create(people)[0].pk
    rows: list[Row] = []
    clients, small = [Client(SERVER_NAME="localhost") for _ in range(2)], dict[str, float]()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    for client, number in zip(clients, (0, MEMBERS - 1), strict=True):
        client.force_login(User.objects.get(pk=first + number), backend=backend)
    warm_up(clients[0], first)
    for images in (LARGE // 10, LARGE):
        start = time.perf_counter()
        project, classes, counted = make_project(images, first)
        rows.append(Row(f"loading {images:,} images", round(time.perf_counter() - start, 1), "s"))
        rows.append(Row(f"counting {images:,} images anew", round(counted, 1), "s"))
        for look in looks(project, classes, first):
            value, at_first = p95(clients, look)
            rows.append(at_most(f"{look.name}, {images:,} images, p95", value, LIMIT_MS, unit="ms"))
            rows.append(at_most(f"{look.name}, {images:,} images, first", at_first, LIMIT_MS, unit="ms"))
            if look.name in small:
                growth = max(value, UNFELT_MS) / max(small[look.name], UNFELT_MS)
                rows.append(at_most(f"{look.name}, ten times the images", growth, GROWTH, unit="×"))
            small[look.name] = value
    return rows


def main() -> None:
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(temporary_data())
        postgres = stack.enter_context(running_postgres(data, synchronous_commit="off"))
        valkey = stack.enter_context(running_valkey(data))
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "only-for-this-measurement" * 2,
        }
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
        os.environ["CYTOMARK_DATA"] = str(data)
        import django

        django.setup()
        rows = measure()
    publish("dashboards", rows)
    sys.exit(any(row.ok is False for row in rows))


if __name__ == "__main__":
    main()
