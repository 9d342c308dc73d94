"""`make bench-dashboards`: every dashboard, the log and “next image” of a project with 100,000 images, 1,000,000 cells,
10,000,000 operations and 50 members, and of one a tenth of that."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from statistics import quantiles
from typing import Any

from tests.load.report import Row, at_most, publish
from tests.services import running_postgres, running_valkey, temporary_data

LIMIT_MS, GROWTH = 300.0, 1.5
ROUNDS = 25
LARGE = int(os.environ.get("BENCH_IMAGES", "100000"))
MEMBERS = 50
STATES = "ARRAY['new','assigned','in_progress','submitted','in_review','accepted','returned']"

LOAD = [
    """INSERT INTO annotation_image (id, project_id, name, status, assignee_id, width, height, channels, size_t, size_z,
        rgb, dtype, channel_info, file_suffix, file_bytes, file_sha256, pixels_sha256, created_at, clock, next_label)
    SELECT gen_random_uuid(), %(project)s, 'image ' || n, ({states})[1 + n %% 7], %(first)s + n %% {members}, 512, 512,
        1, 1, 1, false, 'uint8', '[]', '.tif', 1, '', '', now() - n * interval '1 minute', 100, 11
    FROM generate_series(1, %(images)s) AS n""",
    """INSERT INTO annotation_annotation (id, image_id, label, top, "left", height, width, counts, area, label_class_id,
        version, mask_version, class_version, provenance, created_at, updated_at, deleted, locked, t, z)
    SELECT gen_random_uuid(), id, k, 0, 0, 10, 10, '{{0,100}}', 50 + (k * 37) %% 900, %(class)s, 1, 1, 1,
        '{{"source": "auto", "score": 0.5}}', now(), now(), false, false, 0, 0
    FROM annotation_image, generate_series(1, 10) AS k WHERE project_id = %(project)s""",
    """INSERT INTO annotation_operation (id, image_id, clock, actor_id, kind, changes, created_at)
    SELECT gen_random_uuid(), id, k, assignee_id, 'edit', '[]', now() - k * interval '1 hour'
    FROM annotation_image, generate_series(1, 100) AS k WHERE project_id = %(project)s""",
    """INSERT INTO annotation_statechange (image_id, project_id, actor_id, before, after, reason, clock, created_at)
    SELECT id, project_id, assignee_id, 'in_progress', after, '', 1, created_at + step * interval '1 hour'
    FROM annotation_image, unnest(ARRAY['submitted', 'accepted']) WITH ORDINALITY AS one(after, step)
    WHERE project_id = %(project)s""",
    """INSERT INTO annotation_daywork (project_id, user_id, day, engine, operations, created, changed, deleted,
        proposed, seconds, last_at)
    SELECT %(project)s, %(first)s + who, current_date - day, engine, 100, 50, 40, 10, 20, 3600, now()
    FROM generate_series(0, {members} - 1) AS who, generate_series(0, 365) AS day,
        unnest(ARRAY['', 'starter', 'sam']) AS engine""",
    """INSERT INTO annotation_auditentry (kind, project_id, actor_id, actor_name, subject, details, created_at)
    SELECT 'export', %(project)s, %(first)s, 'x', '', '{{}}', now() FROM generate_series(1, 10000)""",
]


def make_project(images: int, first: int) -> Any:
    """The project, loaded by the database itself; ``first`` is the id of the first of its members."""
    from django.db import connection

    from annotation.models import LabelClass, Membership, Project

    project = Project.objects.create(name=f"{images} images")
    label_class = LabelClass.objects.create(project=project, name="Cell", colour="#e69f00")
    roles = ["owner", *["annotator"] * (MEMBERS - 1)]
    Membership.objects.bulk_create(
        Membership(project=project, user_id=first + number, role=role) for number, role in enumerate(roles)
    )
    values = {"project": project.pk, "class": label_class.pk, "first": first, "images": images}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in LOAD:
            cursor.execute(statement.format(states=STATES, members=MEMBERS), values)
        cursor.execute("ANALYZE")
    return project


def p95(client: Any, method: str, path: str) -> tuple[float, float]:
    """Milliseconds of a request, and of the first one, which makes the sums that are kept for a while."""
    took = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        answer = getattr(client, method)(
            path, content_type="application/json", **({"data": {}} if method == "post" else {})
        )
        took.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.content
    return quantiles(took[1:], n=20)[-1], took[0]


def measure() -> list[Row]:
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.test import Client

    from annotation.models import User

    call_command("migrate", verbosity=0)
    people = [
        User(username=f"person{number}", email=f"{number}@lab.example", password=make_password(None))
        for number in range(MEMBERS)
    ]
    first = User.objects.bulk_create(people)[0].pk
    rows: list[Row] = []
    client, small = Client(SERVER_NAME="localhost"), dict[str, float]()
    client.force_login(User.objects.get(pk=first), backend="allauth.account.auth_backends.AuthenticationBackend")
    for images in (LARGE // 10, LARGE):
        project = make_project(images, first)
        pages = [
            (name, "get", f"/projects/{project.pk}/dashboards/{name}/")
            for name in ("overview", "people", "models", "data")
        ]
        api = f"/api/projects/{project.pk}"
        for name, method, path in [*pages, ("log", "get", f"{api}/audit"), ("next image", "post", f"{api}/next")]:
            value, at_first = p95(client, method, path)
            if name == "data":
                rows.append(Row(f"{name}, {images:,} images, sums made anew", round(at_first, 1), "ms"))
            rows.append(at_most(f"{name}, {images:,} images, p95", value, LIMIT_MS, unit="ms"))
            if name in small:
                # Answers of a few milliseconds have no growth that anybody feels.
                rows.append(
                    at_most(f"{name}, ten times the images", max(value, 20) / max(small[name], 20), GROWTH, unit="×")
                )
            small[name] = value
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
