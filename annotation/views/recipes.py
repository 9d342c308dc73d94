"""What networks get of a project's images."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.recipes import check_recipe, do_remove_recipe, do_set_recipe
from annotation.errors import AppError, ErrorCode
from annotation.imaging.network_view import network_view
from annotation.imaging.shown_plane import shown_plane
from annotation.models import AuditKind, Image, Project, Recipe
from annotation.permissions import Action, access_image, access_project
from annotation.queries import get_recipe, get_recipes
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.recipe_schemas import RecipeIn, RecipeOut
from annotation.views.schemas import PlaneAtOut
from annotation.views.streaming import binary, never_run

router = Router()


def _recipe(project: Project, engine: str, body: RecipeIn) -> Recipe:
    return Recipe(project=project, engine=engine, **body.model_dump())


@router.get("/projects/{uuid:project_id}/recipes", response=list[RecipeOut])
@paged
def list_recipes(request: HttpRequest, project_id: UUID) -> list[Recipe]:
    """What engines get of this project's images; those that are missing get its colours or its first channel."""
    access_project(person(request), project_id, Action.VIEW)
    return get_recipes(project_id)


@router.put("/projects/{uuid:project_id}/recipes/{slug:engine}", response=RecipeOut)
@transaction.atomic
def set_recipe(request: HttpRequest, project_id: UUID, engine: str, body: RecipeIn) -> Recipe:
    """From now on the engine gets this."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    made = do_set_recipe(_recipe(project, engine, body))
    do_audit(person(request), AuditKind.SETTINGS, project=project, subject=engine, **body.model_dump())
    return made


@router.delete("/projects/{uuid:project_id}/recipes/{slug:engine}", response={204: None})
@transaction.atomic
def remove_recipe(request: HttpRequest, project_id: UUID, engine: str) -> Status[None]:
    """From now on the engine gets colours or the first channel."""
    project, _ = access_project(person(request), project_id, Action.MANAGE, lock=True)
    do_remove_recipe(project, engine)
    do_audit(person(request), AuditKind.SETTINGS, project=project, subject=engine, recipe=None)
    return Status(204, None)


def _shown(image: Image, at: PlaneAtOut, recipe: Recipe | None) -> HttpResponse:
    if not image.has_plane(at.t, at.z):
        raise AppError(ErrorCode.BAD_REQUEST, "The image has no such slice or frame.", status=422)
    picture = network_view(image, shown_plane(image, at.t, at.z, recipe))
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": "private, no-cache"})


@router.get("/images/{uuid:image_id}/network-view/{slug:engine}", openapi_extra=binary("image/webp"))
def show_network_view(request: HttpRequest, image_id: UUID, engine: str, at: Query[PlaneAtOut]) -> Any:
    """A small picture of what this engine gets of a plane."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return never_run(_shown(image, at, get_recipe(image.project_id, engine)))


@router.post("/images/{uuid:image_id}/network-view/{slug:engine}", openapi_extra=binary("image/webp"))
def try_recipe(request: HttpRequest, image_id: UUID, engine: str, body: RecipeIn, at: Query[PlaneAtOut]) -> Any:
    """The same picture by a recipe that is not kept."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    recipe = _recipe(image.project, engine, body)
    check_recipe(recipe)
    return never_run(_shown(image, at, recipe))
