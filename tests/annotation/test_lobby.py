"""The socket of pages: who may open it, what it tells, and who is in a project."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from annotation import events
from annotation.actions.notifications import do_notify
from annotation.actions.operations import do_push
from annotation.actions.visits import do_enter, do_leave
from annotation.models import Image, Membership, NotificationKind, Project, ProjectVisit, Role, User, Visit
from tests.annotation.tabs import Page, Socket, opening, run
from tests.factories import Tab, create, make_image, make_project, make_user, square

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def scene(settings: Any) -> tuple[Project, User, User]:
    settings.ALLOWED_HOSTS = ["testserver"]

    def make() -> tuple[Project, User, User]:
        ann, bo = make_user("ann"), make_user("bo")
        return make_project(ann, annotator=bo), ann, bo

    return await run(make)


class Lobby(Page):
    """A page without an image."""

    def __init__(self, user: User | None, path: str = "/ws/me/") -> None:
        super().__init__(user, Image().pk)
        headers = self.socket.scope["headers"]
        self.socket = Socket(path, headers)


@pytest.fixture
async def pages() -> AsyncIterator[Any]:
    async with opening(Lobby) as open_one:
        yield open_one


async def test_one_hears_what_is_unread_and_what_is_new_on_every_page(scene: Any, pages: Any) -> None:
    project, ann, bo = scene
    tell = {"project_id": project.pk, "text": "Come and see."}
    await run(do_notify, [bo], NotificationKind.MENTIONED, **tell)
    page, other = await pages(bo), await pages(bo, f"/ws/projects/{project.pk}/")
    stranger = await pages(ann)
    assert ((await page.hear("notified")).unread, (await other.hear("notified")).unread) == (1, 1)
    assert (await stranger.hear("notified")).unread == 0
    await run(do_notify, [bo], NotificationKind.MENTIONED, **tell)
    told = await page.hear("notified")
    assert (told.unread, told.text) == (2, "Come and see.")
    assert (await other.hear("notified")).unread == 2
    await stranger.say({"type": "ping"})
    assert (await stranger.hear("notified")).text == "", "others hear nothing of it"


async def test_a_project_s_page_hears_who_comes_and_goes(scene: Any, pages: Any) -> None:
    project, ann, bo = scene
    page = await pages(ann, f"/ws/projects/{project.pk}/")
    await page.hear("people")
    image = await run(make_image, project)
    tab = await run(Page, bo, image.pk)
    await tab.open()
    await tab.hello()
    await page.hear("people")
    assert await run(Visit.objects.filter(left_at=None, user=bo).count) == 1
    await tab.socket.disconnect()
    await page.hear("people")
    assert await run(Visit.objects.filter(left_at=None, user=bo).count) == 0


async def test_a_project_s_page_is_told_once_of_all_that_its_figures_are_made_of(
    scene: Any, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, ann, bo = scene
    monkeypatch.setattr(events, "FIGURES_EVERY_S", 0.2)
    page, elsewhere = await pages(ann, f"/ws/projects/{project.pk}/"), await pages(bo)
    for one in (page, elsewhere):
        await one.hear("notified")
    image = await run(make_image, project)
    for _ in range(3):
        assert (await run(do_push, bo, image.pk, Tab().push(create(square(0, 0, 5))))).outcome
    await page.hear("figures")
    for one in (page, elsewhere):
        assert await one.socket.receive_nothing(timeout=0.4), "once, and nothing to other pages"


async def test_only_members_get_a_project_s_page(scene: Any, pages: Any) -> None:
    project, _, bo = scene
    outsider = await run(make_user, "eve")
    assert await (await pages(outsider, f"/ws/projects/{project.pk}/")).closed() == 4403
    assert await (await pages(None)).closed() == 4401
    page = await pages(bo, f"/ws/projects/{project.pk}/")
    await page.hear("notified")
    await run(Membership.objects.filter(user=bo).delete)
    assert await page.closed(within=3) == 4403


async def test_s3_signing_out_closes_a_page_s_socket(scene: Any, pages: Any) -> None:
    page = await pages(scene[1])
    await page.hear("notified")
    await run(Session.objects.all().delete)
    assert await page.closed(within=3) == 4401


@pytest.mark.parametrize("frame", ["", "{", '{"type":"cursor","row":1,"col":1}', '{"type":"ping","x":1}'])
async def test_anything_but_a_ping_closes_it(scene: Any, pages: Any, frame: str) -> None:
    page = await pages(scene[1])
    await page.socket.send_to(text_data=frame)
    assert await page.closed() == 4400


async def test_who_says_too_much_is_cut_off(scene: Any, pages: Any) -> None:
    page = await pages(scene[1])
    for _ in range(40):
        await page.say({"type": "ping"})
    assert await page.closed() == 4429


def test_the_list_says_who_is_where_in_one_colour(client: Any) -> None:
    ann, bo, cy = (make_user(name) for name in ("ann", "bo", "cy"))
    project = make_project(ann, annotator=bo, viewer=cy)
    image = make_image(project)
    do_enter(bo.pk, project_id=project.pk)
    do_enter(bo.pk, image_id=image.pk)
    do_enter(cy.pk, project_id=project.pk)
    client.force_login(ann)
    path = f"/api/projects/{project.pk}/people"
    found = {one["name"]: one for one in client.get(path).json()}
    assert {name: one["image"] for name, one in found.items()} == {"bo": str(image.pk), "cy": None}
    members = {one["name"]: one["colour"] for one in client.get(f"/api/projects/{project.pk}/members").json()}
    assert {name: one["colour"] for name, one in found.items()}.items() <= members.items()
    Image.objects.filter(pk=image.pk).update(twin_of=make_image(project), assignee=bo)
    client.force_login(cy)
    assert {one["name"]: one["image"] for one in client.get(path).json()} == {"bo": None, "cy": None}
    do_leave(bo.pk, image_id=image.pk)
    do_leave(bo.pk, project_id=project.pk)
    ProjectVisit.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert json.loads(client.get(path).content) == []
    Membership.objects.filter(user=cy, role=Role.VIEWER).delete()
    assert client.get(path).status_code == 404
