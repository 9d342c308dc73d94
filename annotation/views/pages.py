"""The pages of the application: one shell, which Vite's bundle fills, and the page that says what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from annotation.errors import AppError, ErrorCode
from annotation.models import User
from annotation.permissions import Action, access_image, access_project
from inference.cards import CARDS

_ENTRY = "src/main.tsx"


def refusal_page(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    """A whole page with one sentence on it."""
    return render(request, "annotation/refusal.html", {"message": message}, status=status)


def _bundle() -> dict[str, list[str]]:
    """The addresses of the script and of the style sheets that it needs from the start, from Vite's manifest."""
    manifest = settings.FRONTEND_DIST / ".vite" / "manifest.json"
    if not manifest.is_file():
        sentence = "The pages have not been built. Run `make up`, or `npm run build` in frontend/, and start again."
        raise AppError(ErrorCode.INTERNAL, sentence, status=503)
    chunks: dict[str, Any] = json.loads(manifest.read_text())
    needed, waiting = [], [_ENTRY]
    while waiting:
        key = waiting.pop()
        if key not in needed:
            needed.append(key)
            waiting += chunks[key].get("imports", [])
    styles = [sheet for key in needed for sheet in chunks[key].get("css", [])]
    return {"scripts": [static(chunks[_ENTRY]["file"])], "styles": [static(sheet) for sheet in styles]}


def _shell(request: HttpRequest, title: str) -> HttpResponse:
    try:
        bundle = _bundle()
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    return render(request, "annotation/shell.html", {"title": title, **bundle})


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the pages are behind login_required
    return request.user


def _page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of somebody who is signed in: read only, never cached, with the token that its changes will need."""
    return require_safe(never_cache(ensure_csrf_cookie(login_required(view))))


def _project(request: HttpRequest, project_id: UUID, action: Action, *, title: str = "{}") -> HttpResponse:
    """The shell for a page of a project, or why this person does not get it."""
    try:
        project, _ = access_project(_person(request), project_id, action)
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    return _shell(request, title.format(project.name))


@_page
def project_list(request: HttpRequest) -> HttpResponse:
    """The person's projects."""
    return _shell(request, "Projects")


@_page
def project_page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """One project."""
    return _project(request, project_id, Action.VIEW)


@_page
def account(request: HttpRequest) -> HttpResponse:
    """One's own account."""
    return _shell(request, "Account")


@_page
def notifications(request: HttpRequest) -> HttpResponse:
    """What one was told."""
    return _shell(request, "Notifications")


@_page
def audit_page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Who did what in a project."""
    return _project(request, project_id, Action.MANAGE, title="Log of {}")


@_page
def model_list(request: HttpRequest) -> HttpResponse:
    """All engines."""
    return _shell(request, "Models")


@_page
def model_card(request: HttpRequest, engine: str) -> HttpResponse:
    """One engine."""
    if engine not in CARDS:
        return refusal_page(request, f"There is no model “{engine[:40]}”. Its name may have changed.", status=404)
    return _shell(request, CARDS[engine].title)


@_page
def annotator_page(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """One image."""
    try:
        image, _ = access_image(_person(request), image_id, Action.VIEW)
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    return _shell(request, image.name)
