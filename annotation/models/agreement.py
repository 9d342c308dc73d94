"""How far finished annotations of one image agree, kept: it is computed when one of them has changed, not when somebody
looks (annotation.actions.comparing). All of it are sums, so that the pairs of a person, a class or a week have figures
of their own (annotation.quality.agreement)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.images import Image
from annotation.models.projects import Project


class Consensus(models.Model):
    """What is known of all annotations of an image together. ``state`` names those that were compared, each at its
    clock. ``ratings`` are the classes (0 for none) that everybody gave the cells that all found, each with how often
    that came; empty for fewer than three people."""

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.CASCADE, related_name="consensus")
    state = models.TextField()
    ratings = models.JSONField(default=list, help_text="pairs: a list of class ids, and a number of cells")

    def __str__(self) -> str:
        return f"annotations of {self.image_id}"


class ComparisonKind(models.TextChoices):
    """Who is compared with whom."""

    PEOPLE = "people", "Two people"
    AGAIN = "again", "One person, twice"


class Comparison(models.Model):
    """Two finished annotations of one image: ``b`` against ``a``. ``confusion`` has a row for each pair of classes of
    matched cells (0 for none): class by A, class by B, how often."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="comparisons")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", help_text="the image's")
    kind = models.CharField(max_length=8, choices=ComparisonKind.choices)
    a = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    person_a = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_b = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(help_text="when the later one of both was handed in")
    confusion = models.JSONField(default=list)
    kappa = models.FloatField(null=True, help_text="Cohen's, of the matched cells' classes")

    class Meta:
        indexes = [models.Index(fields=["project", "kind", "finished_at"], name="comparisons_of_project")]
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="one_comparison_each")]

    def __str__(self) -> str:
        return f"{self.a_id} and {self.b_id}"


class ComparisonSums(models.Model):
    """Of one comparison the cells of one class (0 for none), or all of them (ALL)."""

    ALL = -1

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="sums")
    label_class = models.BigIntegerField(default=ALL)
    cells_a = models.PositiveIntegerField()
    cells_b = models.PositiveIntegerField()
    hits = ArrayField(models.PositiveIntegerField(), help_text="matched at each of quality.agreement.THRESHOLDS")
    iou = models.FloatField(help_text="sum over the cells that are matched above 0.5")
    shared = models.PositiveBigIntegerField(help_text="pixels, as the aggregated Jaccard index counts them")
    union = models.PositiveBigIntegerField()
    boundary = models.FloatField(help_text="sum of the mean distances of the outlines of cells matched at 0.5, pixels")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comparison", "label_class"], name="one_sum_for_each_class")]

    def __str__(self) -> str:
        return f"class {self.label_class} of {self.comparison_id}"
