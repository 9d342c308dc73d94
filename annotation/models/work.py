"""What dashboards and lists count, kept as it happens: ten million operations are not counted again for each look.

Whatever changes an image leaves an ImageTouch (a trigger of migration 0020 does it). From time to time, and before
anybody looks, what the touched images count for is made anew (annotation.actions.figures): ImageFigures says it of each
image, Tally is the sum over all images of a project.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.annotations import Annotation
from annotation.models.images import Image
from annotation.models.projects import Project


class ImageWork(models.Model):
    """One person's operations on one day (UTC) in one image on cells of one engine (“” for drawn by hand) and one class
    (0 for none). It says nothing that the operation log does not: annotation.quality.ledger says how it follows."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", help_text="the image's")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    engine = models.CharField(max_length=40)
    label_class = models.BigIntegerField(default=0)
    operations = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0, help_text="cells by hand or by prompt")
    changed = models.PositiveIntegerField(default=0, help_text="cells")
    deleted = models.PositiveIntegerField(default=0, help_text="cells")
    proposed = models.PositiveIntegerField(default=0, help_text="cells that a run of the engine found")
    runs = models.PositiveIntegerField(default=0, help_text="of the engine that found cells")
    milliseconds = models.PositiveBigIntegerField(default=0, help_text="active time")
    last_at = models.DateTimeField(null=True, help_text="the last operation that was no run")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "user", "day", "engine", "label_class"], name="one_sum_for_each_image_and_day"
            )
        ]
        indexes = [models.Index(fields=["project", "user", "-day"], name="work_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day} in {self.image_id}: {self.operations}"


class ImageTouch(models.Model):
    """Something of the image changed, and is to be counted. Rows are only added; whoever counts takes them away."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["project", "image_id"], name="touches_of_project")]

    def __str__(self) -> str:
        return f"{self.image_id} was touched"


class ImageFigures(models.Model):
    """What one image counts for, as of its last counting. ``score`` is the mean of its cells', null where none has one;
    ``unmeasured`` says that some cell's brightness is to be measured; ``counted`` are the image's parts of Tally as
    [what, day, person, label_class, split, key, place, n]."""

    image_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    cells = models.PositiveIntegerField(default=0)
    score = models.FloatField(null=True)
    updated_at = models.DateTimeField(null=True, help_text="the last change of a cell")
    unmeasured = models.BooleanField(default=False)
    counted = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-updated_at"], name="figures_of_project"),
            models.Index(fields=["project", "score", "image_id"], name="figures_by_score"),
            models.Index(fields=["image_id"], condition=models.Q(unmeasured=True), name="figures_to_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.cells} cells in {self.image_id}"


class Tally(models.Model):
    """Sums of ``what`` (annotation.quality.figures says of what, and which ``ns`` there are) on a ``day`` (UTC), or if
    ``monthly`` in the month that begins with it. ``person`` and ``label_class`` are ids, 0 for nobody and none; where
    images are counted rather than cells, label_class is -1 for all of them, and beside that each class that they have.
    ``split`` is empty for images that are in none; ``key`` is an engine, or nothing."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=8, db_collation="C")
    monthly = models.BooleanField()
    day = models.DateField()
    person = models.BigIntegerField()
    label_class = models.BigIntegerField()
    split = models.CharField(max_length=16, db_collation="C")
    key = models.CharField(max_length=40, db_collation="C")
    ns = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "what", "monthly", "label_class", "day", "person", "split", "key"],
                name="one_tally_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} on {self.day}: {self.ns}"


class CellLevel(models.Model):
    """How bright a cell is: the mean of its pixels in the image's first channel (of all three where they are a colour),
    in the values of the file, for that ``mask_version`` of it."""

    cell = models.OneToOneField(Annotation, primary_key=True, on_delete=models.CASCADE, related_name="level")
    mask_version = models.PositiveIntegerField()
    level = models.FloatField()

    def __str__(self) -> str:
        return f"{self.cell_id}: {self.level}"


class Extreme(models.Model):
    """The smallest, largest, darkest or brightest cell (``what``) of an image, and by what it can be chosen."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=12)
    value = models.FloatField()
    cell_id = models.UUIDField()
    label = models.PositiveIntegerField()
    day = models.DateField()
    person = models.BigIntegerField()
    label_class = models.BigIntegerField()
    split = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "what"], name="one_extreme_each")]
        indexes = [models.Index(fields=["project", "what", "value"], name="extremes_of_project")]

    def __str__(self) -> str:
        return f"{self.what} of {self.image_id}: {self.value}"
