"""THE permission matrix: every route, who may, and what they are answered. A route that is missing here fails a test.

Add a row for each new route. Whoever is not in ``allowed`` gets: members 403, everybody else 404, and without a session
401 from the API or a redirect to the sign-in page; and nothing in the database has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.annotation.matrix_scenes import (
    adjudication,
    answer_upload,
    ask_of_upload,
    begin_annotations,
    begin_upload,
    blind,
    comment,
    deletion,
    draw_a_cell,
    hand_in_a_cell,
    have_weights,
    judgement,
    make_export,
    make_reading,
    make_token,
    make_twins,
    make_webhook,
    overview,
    people,
    read_two_planes,
    read_upload,
    store_pixels,
)
from tests.annotation.world import ACTORS, ROLES, World

EVERYBODY = frozenset(ACTORS)
SIGNED_IN = EVERYBODY - {"anonymous"}
MEMBERS = frozenset(ROLES)
MANAGERS = frozenset({"owner", "manager"})
ANNOTATORS = MANAGERS | {"annotator", "reviewer"}
UPLOADERS = MANAGERS | {"annotator"}
EXPORTERS = ANNOTATORS
REVIEWERS = MANAGERS | {"reviewer"}
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
    query: str = ""
    raw: bytes | None = None
    """A body that is not JSON."""
    signed_in: bool = False
    """Not by a token: a program cannot make itself another one."""
    private: bool = False
    """One person's own: it does not exist for the others, whatever their role."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


P = "/api/projects/{project_id}"
UPLOAD = "/api/uploads/{upload_id}"
COMMENT = "/api/comments/{comment_id}"
ANNOTATOR = frozenset({"annotator"})
LOOKS = {
    "channels": [{"shown": True, "colour": "#ff0000", "min": 0, "max": 9, "gamma": 1}],
    "inverted": False,
    "projected": False,
    "same_contrast": True,
}
CELLS = "/api/images/{image_id}/cells"
PIXEL = {"top": 3, "left": 3, "height": 1, "width": 1, "counts": [0, 1]}
BOX = {"top": 1, "left": 2, "bottom": 4, "right": 6}
ROWS = [
    # --- pages
    Row("GET", "/", SIGNED_IN),
    Row("GET", "/projects/{project_id}/", MEMBERS),
    Row("GET", "/projects/{project_id}/datasets/", MEMBERS),
    Row("GET", "/images/{image_id}/", MEMBERS),
    Row("GET", "/account/", SIGNED_IN),
    Row("GET", "/models/", SIGNED_IN),
    Row("GET", "/models/{engine}/", SIGNED_IN),
    Row("GET", "/docs/", SIGNED_IN),
    Row("GET", "/docs/{name}/", SIGNED_IN),
    Row("GET", "/docs/images/{name}.png", SIGNED_IN, prepare=lambda world: world.ids.update(name="annotator")),
    Row("GET", "/healthz", EVERYBODY),
    Row("GET", "/readyz", EVERYBODY),
    # --- projects
    Row("GET", "/api/me", SIGNED_IN),
    Row("GET", "/api/projects", SIGNED_IN),
    Row("POST", "/api/projects", SIGNED_IN, 201, lambda _: {"name": "New"}),
    Row("GET", P, MEMBERS),
    Row("PATCH", P, MANAGERS, 200, lambda _: {"name": "Renamed"}),
    Row("DELETE", P, OWNERS, 204),
    # --- programs
    Row("GET", "/api/openapi.json", SIGNED_IN),
    Row("GET", "/api/tokens", SIGNED_IN, signed_in=True),
    Row("POST", "/api/tokens", SIGNED_IN, 201, lambda _: {"name": "a", "scopes": [], "days": 1}, signed_in=True),
    Row("DELETE", "/api/tokens/{token_id}", ANNOTATOR, 204, prepare=make_token, private=True, signed_in=True),
    # --- webhooks
    Row("GET", P + "/webhooks", MANAGERS),
    Row("POST", P + "/webhooks", MANAGERS, 201, lambda _: {"url": "https://lab.example/", "events": ["image.state"]}),
    Row("PATCH", "/api/webhooks/{webhook_id}", MANAGERS, 200, lambda _: {"active": False}, make_webhook),
    Row("DELETE", "/api/webhooks/{webhook_id}", MANAGERS, 204, prepare=make_webhook),
    Row("POST", "/api/webhooks/{webhook_id}/ping", MANAGERS, 201, prepare=make_webhook),
    Row("GET", "/api/webhooks/{webhook_id}/deliveries", MANAGERS, prepare=make_webhook),
    Row("POST", "/api/deliveries/{delivery_id}/again", MANAGERS, prepare=make_webhook),
    # --- members
    Row("GET", P + "/members", MEMBERS),
    Row("POST", P + "/members", MANAGERS, 201, lambda _: {"username": "guest", "role": "annotator"}),
    Row("PATCH", P + "/members/{user_id}", MANAGERS, 200, lambda _: {"role": "reviewer"}),
    Row("PUT", P + "/members/{user_id}/classes", MANAGERS, 200, lambda world: {"classes": [world.ids["class_id"]]}),
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
    Row("PATCH", "/api/images/{image_id}", MANAGERS, 200, lambda _: {"name": "renamed.tif"}),
    Row("DELETE", "/api/images/{image_id}", MANAGERS, 204),
    Row("POST", "/api/images/{image_id}/planes", UPLOADERS, 201, lambda _: {"planes": "t"}, read_two_planes),
    Row("GET", "/api/images/{image_id}/tiles/{level}/{t}/{c}/{z}/{row}/{col}", MEMBERS, prepare=store_pixels),
    Row("GET", "/api/images/{image_id}/thumbnail", MEMBERS, prepare=store_pixels),
    Row("GET", "/api/images/{image_id}/original", MEMBERS, prepare=store_pixels),
    # --- what networks see
    Row("GET", P + "/recipes", MEMBERS),
    Row("PUT", P + "/recipes/{engine}", MANAGERS, 200, lambda _: {"channels": [0], "projection": "max"}),
    Row("DELETE", P + "/recipes/{engine}", MANAGERS, 204),
    Row("GET", "/api/images/{image_id}/network-view/{engine}", MEMBERS, prepare=store_pixels, query="?t=0&z=0"),
    Row(
        "POST",
        "/api/images/{image_id}/network-view/{engine}",
        MEMBERS,
        200,
        lambda _: {"channels": [0]},
        store_pixels,
        query="?t=0&z=0",
    ),
    # --- the way of images
    Row("GET", "/api/images/{image_id}/steps", MEMBERS),
    Row("POST", "/api/images/{image_id}/steps", ANNOTATORS, 200, lambda _: {"to": "submitted"}),
    Row("GET", P + "/workflow", MEMBERS),
    Row("PUT", P + "/workflow", MANAGERS, 200, lambda _: {"next_order": "worst", "work_limit": 3}),
    Row("POST", P + "/assignments", MANAGERS, 200, lambda world: {"images": [str(world.image.pk)], "people": []}),
    Row("POST", P + "/next", ANNOTATORS, 200, lambda _: {}),
    Row("POST", P + "/next", REVIEWERS, 200, lambda _: {"task": "review"}),
    Row("GET", "/api/images/{image_id}/verdicts", MEMBERS),
    Row("POST", "/api/images/{image_id}/verdicts", REVIEWERS, 200, judgement, hand_in_a_cell),
    # --- agreement
    Row("POST", P + "/twins", MANAGERS, 200, blind),
    Row("GET", P + "/agreement", REVIEWERS),
    Row("GET", P + "/agreement/figures", REVIEWERS),
    Row("GET", P + "/agreement/confusion", REVIEWERS),
    Row("GET", P + "/agreement.csv", REVIEWERS),
    Row("GET", "/projects/{project_id}/dashboards/agreement/", REVIEWERS),
    Row("GET", "/api/images/{image_id}/annotations", REVIEWERS),
    Row("GET", "/api/images/{image_id}/differences", REVIEWERS, prepare=make_twins, query="?a={a}&b={b}"),
    Row("POST", "/api/images/{image_id}/adjudications", REVIEWERS, 201, adjudication, make_twins),
    # --- dashboards
    Row("GET", "/projects/{project_id}/dashboards/{name}/", MEMBERS, prepare=overview),
    Row("GET", "/projects/{project_id}/dashboards/{name}/", REVIEWERS, prepare=people),
    Row("GET", P + "/dashboards/{name}", MEMBERS, prepare=overview),
    Row("GET", P + "/dashboards/{name}", REVIEWERS, prepare=people),
    Row("GET", P + "/dashboards/{name}.csv", MEMBERS, prepare=overview),
    Row("GET", P + "/dashboards/{name}/{chart}.png", MEMBERS, prepare=overview),
    Row("GET", P + "/dashboards/{name}/{chart}.csv", MEMBERS, prepare=overview),
    # --- the log
    Row("GET", "/projects/{project_id}/audit/", MANAGERS),
    Row("GET", P + "/audit", MANAGERS),
    Row("GET", P + "/audit.csv", MANAGERS),
    # --- measurements
    Row("GET", "/projects/{project_id}/measurements/", MEMBERS),
    Row("GET", P + "/measurements", MEMBERS),
    Row("POST", P + "/measurements", EXPORTERS, 201),
    Row("GET", P + "/measurements/distribution", MEMBERS),
    Row("GET", P + "/measurements/distribution.csv", MEMBERS),
    Row("GET", P + "/measurements/points", MEMBERS),
    # --- how channels are shown
    Row("PUT", "/api/images/{image_id}/looks", MEMBERS, 204, lambda _: LOOKS),
    Row("PUT", "/api/images/{image_id}/project-looks", MANAGERS, 204, lambda _: LOOKS),
    Row("DELETE", "/api/images/{image_id}/looks", MEMBERS, 204),
    Row("DELETE", "/api/images/{image_id}/project-looks", MANAGERS, 204),
    # --- cells
    Row("GET", CELLS, MEMBERS, prepare=draw_a_cell),
    Row("GET", CELLS + "/{cell_id}", MEMBERS, prepare=draw_a_cell),
    Row("POST", CELLS, ANNOTATORS, 201, lambda _: {"mask": PIXEL}),
    Row("PATCH", CELLS + "/{cell_id}", ANNOTATORS, 200, lambda _: {"version": 1, "locked": True}, draw_a_cell),
    Row("DELETE", CELLS + "/{cell_id}", ANNOTATORS, 204, prepare=draw_a_cell),
    Row(
        "POST",
        "/api/images/{image_id}/operations",
        ANNOTATORS,
        201,
        lambda world: {"changes": [deletion(world)]},
        draw_a_cell,
    ),
    # --- regions
    Row("GET", "/api/images/{image_id}/regions", MEMBERS),
    Row("POST", "/api/images/{image_id}/regions", ANNOTATORS, 201, lambda _: {"name": "Corner", "box": BOX}),
    Row("PATCH", "/api/regions/{region_id}", ANNOTATORS, 200, lambda _: {"box": BOX}),
    Row("DELETE", "/api/regions/{region_id}", ANNOTATORS, 204),
    # --- what people say and are told
    Row("GET", "/api/images/{image_id}/comments", MEMBERS),
    Row("POST", "/api/images/{image_id}/comments", MEMBERS, 201, lambda _: {"text": "Dust?"}),
    Row("PATCH", COMMENT, ANNOTATORS, 200, lambda _: {"resolved": True}, comment),
    Row("DELETE", COMMENT, MANAGERS, 204, prepare=comment),
    Row("GET", P + "/people", MEMBERS),
    Row("GET", "/notifications/", SIGNED_IN),
    Row("GET", "/api/notifications", SIGNED_IN),
    Row("POST", "/api/notifications/read", SIGNED_IN, 200, lambda _: {}),
    Row("GET", "/api/notifications/settings", SIGNED_IN),
    Row("PUT", "/api/notifications/settings", SIGNED_IN, 200, lambda _: {"mailing": "off", "muted": []}),
    # --- history
    Row("GET", "/api/images/{image_id}/history", MEMBERS),
    Row("GET", "/api/images/{image_id}/history/{clock}", MEMBERS, prepare=lambda world: world.ids.update(clock=0)),
    Row("POST", "/api/images/{image_id}/restore", ANNOTATORS, 200, lambda _: {"clock": 0}),
    # --- uploads
    Row("POST", P + "/uploads", UPLOADERS, 201, lambda _: {"name": "a.png", "size": 8}),
    Row("GET", P + "/uploads", UPLOADERS),
    Row("GET", UPLOAD, ANNOTATOR, prepare=begin_upload, private=True),
    Row("GET", UPLOAD + "/previews/{number}", ANNOTATOR, prepare=ask_of_upload, private=True),
    Row("POST", "/api/uploads/answers", ANNOTATOR, 200, answer_upload, ask_of_upload, private=True),
    Row("PUT", UPLOAD, ANNOTATOR, prepare=begin_upload, private=True, query="?offset=0", raw=b"half"),
    Row("DELETE", UPLOAD, ANNOTATOR, 204, prepare=begin_upload, private=True),
    # --- engines, runs, exports, jobs
    Row("GET", "/api/engines", SIGNED_IN),
    Row("POST", "/api/images/{image_id}/runs", ANNOTATORS, 201, lambda _: {"engine": "cellpose-sam"}, have_weights),
    Row("GET", "/api/formats", SIGNED_IN),
    Row("POST", P + "/exports", EXPORTERS, 201, lambda _: {"format": "coco"}),
    Row("GET", P + "/exports", EXPORTERS),
    Row("POST", P + "/imports", ANNOTATOR, 201, read_upload, begin_annotations, private=True),
    Row("GET", P + "/imports", UPLOADERS),
    Row("POST", "/api/imports/{job_id}/add", UPLOADERS, 201, prepare=make_reading),
    Row("GET", P + "/snapshots", EXPORTERS),
    Row("POST", P + "/snapshots", EXPORTERS, 201, lambda _: {"name": "First"}),
    Row("DELETE", "/api/snapshots/{snapshot_id}", MANAGERS, 204),
    Row("GET", "/api/snapshots/{snapshot_id}/changes-since/{older_id}", EXPORTERS),
    Row("GET", P + "/splits", EXPORTERS),
    Row("POST", P + "/splits", MANAGERS, 200, lambda _: {"seed": 3}),
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
