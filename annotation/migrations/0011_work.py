"""Sums of work by day, and the project of each step of an image."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The foreign key is checked now: a table with checks that wait cannot be altered.
FILL = """
UPDATE annotation_statechange AS step SET project_id = image.project_id
FROM annotation_image AS image WHERE image.id = step.image_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0010_twins'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('engine', models.CharField(max_length=40)),
                ('operations', models.PositiveIntegerField(default=0)),
                ('created', models.PositiveIntegerField(default=0, help_text='cells by hand or by prompt')),
                ('changed', models.PositiveIntegerField(default=0, help_text='cells')),
                ('deleted', models.PositiveIntegerField(default=0, help_text='cells')),
                ('proposed', models.PositiveIntegerField(default=0, help_text='cells that a run of the engine found')),
                ('seconds', models.FloatField(default=0, help_text='active time')),
                ('last_at', models.DateTimeField(help_text='the last operation that was no run', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='statechange',
            name='project',
            field=models.ForeignKey(null=True, help_text="the image's", on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='statechange',
            name='project',
            field=models.ForeignKey(help_text="the image's", on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project'),
        ),
        migrations.AddIndex(
            model_name='statechange',
            index=models.Index(fields=['project', 'after', 'created_at'], name='states_of_project'),
        ),
        migrations.AddField(
            model_name='daywork',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project'),
        ),
        migrations.AddField(
            model_name='daywork',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='daywork',
            constraint=models.UniqueConstraint(fields=('project', 'user', 'day', 'engine'), name='one_sum_for_each_day'),
        ),
    ]
