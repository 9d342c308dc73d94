"""Cells of several planes may be one object: they share its label. Checked at the end of a transaction, because two
cells may change places within one."""

from django.db import migrations, models

ONE_PER_PLANE = """
ALTER TABLE annotation_annotation ADD CONSTRAINT one_cell_of_an_object_per_plane
EXCLUDE USING btree (image_id WITH =, label WITH =, t WITH =, z WITH =) WHERE (NOT deleted) DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0013_tokens")]

    operations = [
        migrations.RemoveConstraint("annotation", "labels_differ"),
        migrations.RunSQL(
            ONE_PER_PLANE, "ALTER TABLE annotation_annotation DROP CONSTRAINT one_cell_of_an_object_per_plane"
        ),
        migrations.AddField(
            "annotation",
            "parent",
            models.PositiveIntegerField(null=True, help_text="the label of the object that divided into this one"),
        ),
    ]
