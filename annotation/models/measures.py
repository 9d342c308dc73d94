"""Sizes, shapes and intensities of cells, kept so that a project's figures need not be measured again for each look."""

from __future__ import annotations

from django.db import models

from annotation.models.images import Image


class ImageMeasures(models.Model):
    """The cells of an image as they were at ``clock``. It says nothing that cells and pixels do not:
    annotation.datasets.measured says what is in the tables."""

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.CASCADE, related_name="measures")
    clock = models.PositiveBigIntegerField(help_text="the image's clock when it was measured")
    cells = models.PositiveIntegerField()
    figures = models.BinaryField(help_text="float32, a row for each cell")
    places = models.BinaryField(help_text="int32, a row for each cell: label, t, z, class (0: none)")
    ids = models.BinaryField(help_text="16 bytes for each cell")

    def __str__(self) -> str:
        return f"{self.image_id} at {self.clock}"
