"""THE permission matrix: every route, who may, and what they are answered. A route that is missing here fails a test.

Add a row for each new route. Whoever is not in ``allowed`` gets: members 403, everybody else 404, and without a session
401 from the API or a redirect to the sign-in page; and nothing in the database has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotation.models import Job, JobKind, JobState, Upload
from inference.weights import path_of, weights_file
from tests.annotation.world import ACTORS, ROLES, World

EVERYBODY = frozenset(ACTORS)
SIGNED_IN = EVERYBODY - {"anonymous"}
MEMBERS = frozenset(ROLES)
MANAGERS = frozenset({"owner", "manager"})
ANNOTATORS = MANAGERS | {"annotator", "reviewer"}
UPLOADERS = MANAGERS | {"annotator"}
EXPORTERS = ANNOTATORS
OWNERS = frozenset({"owner"})


@dataclass(frozen=True)
class Row:
    """``path`` has placeholders such as {image_id}, filled from World.ids; ``prepare`` may make rows and add ids;
    ``body`` makes the JSON body; ``ok`` is the status for those in ``allowed``."""

    method: str
    path: str
    allowed: frozenset[str]
    ok: int = 200
    body: Callable[[World], dict[str, Any]] | None = None
    prepare: Callable[[World], None] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    private: bool = False
    """Somebody's own: for other members it does not exist either."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def add_files(world: World) -> None:
    """The image's files: a plane, its thumbnail, the original."""
    folder = world.image.folder
    folder.mkdir(parents=True, exist_ok=True)
    np.save(world.image.plane_path, np.zeros((world.image.height, world.image.width), np.uint8))
    for path in (folder / "plane.zst", world.image.thumbnail_path, world.image.original_path):
        path.write_bytes(b"content")


def add_upload(world: World) -> None:
    """An upload that the annotator has begun."""
    world.ids["upload_id"] = Upload.objects.create(
        project=world.project, user=world.users["annotator"], name="cells.tif", size=100
    ).pk


def make_export(world: World) -> None:
    """An export of nobody's that is done, so that only managers may stop it."""
    job = Job.objects.create(
        kind=JobKind.EXPORT, project=world.project, state=JobState.DONE, params={"format": "coco"},
        result={"name": "cells.zip"},
    )  # fmt: skip
    job.archive_path.parent.mkdir(parents=True, exist_ok=True)
    job.archive_path.write_bytes(b"zip")
    world.ids["job_id"] = job.pk


def have_weights(_: World) -> None:
    """A file where an engine's weights are looked for; nothing loads it."""
    path = path_of(weights_file("cpsam_v2"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")


P = "/api/projects/{project_id}"
UPLOAD = "/api/uploads/{upload_id}"
ANNOTATOR = frozenset({"annotator"})
ROWS = [
    # --- pages
    Row("GET", "/", SIGNED_IN),
    Row("GET", "/projects/{project_id}/", MEMBERS),
    Row("GET", "/images/{image_id}/", MEMBERS),
    Row("GET", "/healthz", EVERYBODY),
    Row("GET", "/readyz", EVERYBODY),
    # --- projects
    Row("GET", "/api/me", SIGNED_IN),
    Row("GET", "/api/projects", SIGNED_IN),
    Row("POST", "/api/projects", SIGNED_IN, 201, lambda _: {"name": "New"}),
    Row("GET", P, MEMBERS),
    Row("PATCH", P, MANAGERS, 200, lambda _: {"name": "Renamed"}),
    Row("DELETE", P, OWNERS, 204),
    # --- members
    Row("GET", P + "/members", MEMBERS),
    Row("POST", P + "/members", MANAGERS, 201, lambda _: {"username": "guest", "role": "annotator"}),
    Row("PATCH", P + "/members/{user_id}", MANAGERS, 200, lambda _: {"role": "reviewer"}),
    Row("DELETE", P + "/members/{user_id}", MANAGERS, 204),
    Row("POST", P + "/members/{user_id}/link", MANAGERS),
    # --- classes
    Row("GET", P + "/classes", MEMBERS),
    Row("POST", P + "/classes", MANAGERS, 201, lambda _: {"name": "Mitotic"}),
    Row("PATCH", P + "/classes/{class_id}", MANAGERS, 200, lambda _: {"name": "Nucleus"}),
    Row("DELETE", P + "/classes/{class_id}", MANAGERS, 204),
    # --- images
    Row("GET", P + "/images", MEMBERS),
    Row("GET", "/api/images/{image_id}", MEMBERS),
    Row("PATCH", "/api/images/{image_id}", ANNOTATORS, 200, lambda _: {"status": "done"}),
    Row("PATCH", "/api/images/{image_id}", MANAGERS, 200, lambda _: {"name": "renamed.tif"}),
    Row("DELETE", "/api/images/{image_id}", MANAGERS, 204),
    # --- files and uploads
    Row("GET", "/api/images/{image_id}/plane", MEMBERS, prepare=add_files),
    Row("GET", "/api/images/{image_id}/thumbnail", MEMBERS, prepare=add_files),
    Row("GET", "/api/images/{image_id}/original", MEMBERS, prepare=add_files),
    Row("GET", P + "/uploads", UPLOADERS),
    Row("POST", P + "/uploads", UPLOADERS, 201, lambda _: {"name": "cells.tif", "size": 100}),
    Row("GET", UPLOAD, ANNOTATOR, prepare=add_upload, private=True),
    # The part is empty, and only whoever may send one hears of that.
    Row("PUT", UPLOAD, ANNOTATOR, 400, prepare=add_upload, private=True),
    Row("DELETE", UPLOAD, ANNOTATOR, 204, prepare=add_upload, private=True),
    # --- engines, runs, exports, jobs
    Row("GET", "/api/engines", SIGNED_IN),
    Row("POST", "/api/images/{image_id}/runs", ANNOTATORS, 201, lambda _: {"engine": "cellpose-sam"}, have_weights),
    Row("POST", P + "/exports", EXPORTERS, 201, lambda _: {"format": "coco"}),
    Row("GET", P + "/exports", EXPORTERS),
    Row("GET", "/api/exports/{job_id}/download", EXPORTERS, prepare=make_export),
    Row("GET", "/api/jobs/{job_id}", MEMBERS, prepare=make_export),
    Row("POST", "/api/jobs/{job_id}/cancel", MANAGERS, prepare=make_export),
]

OPEN_TO_ALL = {
    "/sign-in/": "throttled, tested in test_sign_in.py",
    "/sign-out/": "ends only one's own session, tested in test_sign_in.py",
    "/link/{uid}/{token}/": "the token is the permission, tested in test_one_time_link.py",
}
"""Routes whose permission is not a role, and where they are tested."""
