"""Cells and regions lie on a plane. Until now there was one: the middle slice of the first frame."""

from django.db import migrations, models

TO_THE_MIDDLE = """
UPDATE {table} AS one SET z = image.size_z / 2
FROM annotation_image AS image WHERE image.id = one.image_id AND image.size_z > 1
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_image_axes")]

    operations = [
        migrations.AddField(
            "annotation",
            "t",
            models.PositiveIntegerField(default=0, db_default=0, help_text="the frame that it lies in"),
        ),
        migrations.AddField(
            "annotation",
            "z",
            models.PositiveIntegerField(default=0, db_default=0, help_text="the slice that it lies in"),
        ),
        migrations.AddField("region", "t", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("region", "z", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.RunSQL(TO_THE_MIDDLE.format(table="annotation_annotation"), migrations.RunSQL.noop),
        migrations.RunSQL(TO_THE_MIDDLE.format(table="annotation_region"), migrations.RunSQL.noop),
    ]
