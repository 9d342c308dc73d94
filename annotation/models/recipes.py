"""What networks get of a project's images, apart from what is displayed."""

from __future__ import annotations

from django.db import models

from annotation.models.projects import Project


class Scaling(models.TextChoices):
    """How values go in: as they are; stretched between each channel's darkest and brightest ones in the whole image; or
    between values that somebody chose."""

    VALUES = "values"
    IMAGE = "image"
    FIXED = "fixed"


class Recipe(models.Model):
    """What one engine gets of the images of one project. ``channels``: one (grey) or three (red, green, blue) numbers
    from 0. ``ranges``: for each of them the values that become black and white, where the scaling is fixed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="recipes")
    engine = models.CharField(max_length=40)
    channels = models.JSONField(default=list)
    projection = models.CharField(max_length=8, help_text="one of inference.contracts.Projection")
    scaling = models.CharField(max_length=8, choices=Scaling.choices)
    ranges = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "engine"], name="one_recipe_for_each_engine")]

    def __str__(self) -> str:
        return f"{self.engine} in {self.project_id}"
