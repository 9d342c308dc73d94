"""Which channels, slices and values of a project's images an engine gets. The caller holds the project's row lock."""

from __future__ import annotations

from annotation.errors import AppError, ErrorCode
from annotation.models import Project, Recipe, Scaling
from inference.cards import CARDS


def check_recipe(recipe: Recipe) -> None:
    """Raise where no engine could be given this."""
    if recipe.engine not in CARDS:
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no engine “{recipe.engine[:40]}”.", status=422)
    if len(recipe.channels) not in (1, 3):
        message = "Networks get one channel, or three: red, green and blue. A channel may be named twice."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422)
    wanted = len(recipe.channels) if recipe.scaling == Scaling.FIXED else 0
    if len(recipe.ranges) != wanted or any(low >= high for low, high in recipe.ranges):
        message = "Say for each channel which value becomes black and which, above it, white."
        raise AppError(ErrorCode.BAD_REQUEST, message, status=422)


def do_set_recipe(recipe: Recipe) -> Recipe:
    """From now on the engine gets this; what it has kept of other views is of no use to anybody and goes in time."""
    check_recipe(recipe)
    fields = ("channels", "projection", "scaling", "ranges")
    made, _ = Recipe.objects.update_or_create(
        project=recipe.project, engine=recipe.engine, defaults={name: getattr(recipe, name) for name in fields}
    )
    return made


def do_remove_recipe(project: Project, engine: str) -> None:
    """From now on the engine gets what it gets without one: the colours, or the first channel, of one slice."""
    Recipe.objects.filter(project=project, engine=engine).delete()
