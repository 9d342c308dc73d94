"""Who is in a project now, over HTTP; the page's socket says when that changes."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from annotation.discussion import get_visitors
from annotation.permissions import Action, access_project
from annotation.presence import colour_of
from annotation.views.api import person
from annotation.views.discussion_schemas import VisitorOut
from annotation.views.paging import paged

router = Router()


@router.get("/projects/{uuid:project_id}/people", response=list[VisitorOut])
@paged
def list_visitors(request: HttpRequest, project_id: UUID) -> list[VisitorOut]:
    """Everybody who has an image or a page of the project open."""
    user = person(request)
    _, role = access_project(user, project_id, Action.VIEW)
    return [
        VisitorOut(id=one.user_id, name=one.name, colour=colour_of(one.user_id), image=one.image, image_name=one.shown)
        for one in get_visitors(project_id, user=user, role=role)
    ]
