"""Other, independent annotations of the same pixels."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0009_verdicts'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='twin_of',
            field=models.ForeignKey(help_text="another, independent annotation of that image's pixels: its annotator and reviewers see it", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='twins', to='annotation.image'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('twin_of', 'assignee'), name='one_twin_for_each_person'),
        ),
    ]
