"""The way of an image: who annotates it, who reviews it, by when, and every step that it took."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def hand_in_what_is_done(apps, _schema_editor):
    """Nobody reviewed what was marked as done: it waits for that now."""
    apps.get_model("annotation", "Image").objects.filter(status="done").update(status="submitted")


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0006_planes'),
    ]

    operations = [
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(choices=[('new', 'New'), ('assigned', 'Assigned'), ('in_progress', 'In progress'), ('submitted', 'Submitted'), ('in_review', 'In review'), ('accepted', 'Accepted'), ('returned', 'Returned')], max_length=16)),
                ('after', models.CharField(choices=[('new', 'New'), ('assigned', 'Assigned'), ('in_progress', 'In progress'), ('submitted', 'Submitted'), ('in_review', 'In review'), ('accepted', 'Accepted'), ('returned', 'Returned')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('cell', models.UUIDField(null=True)),
                ('clock', models.PositiveBigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='image',
            name='assignee',
            field=models.ForeignKey(help_text='who annotates it', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='image',
            name='due_on',
            field=models.DateField(help_text='the day by which it should be handed in', null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='reviewer',
            field=models.ForeignKey(help_text='who reviews it', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='project',
            name='next_order',
            field=models.CharField(choices=[('oldest', 'Oldest first'), ('worst', 'Lowest score first'), ('random', 'Random')], db_default='oldest', default='oldest', max_length=8),
        ),
        migrations.AddField(
            model_name='project',
            name='work_limit',
            field=models.PositiveSmallIntegerField(help_text='images that one person may have begun and not handed in; null is no limit', null=True),
        ),
        migrations.AlterField(
            model_name='image',
            name='status',
            field=models.CharField(choices=[('new', 'New'), ('assigned', 'Assigned'), ('in_progress', 'In progress'), ('submitted', 'Submitted'), ('in_review', 'In review'), ('accepted', 'Accepted'), ('returned', 'Returned')], default='new', max_length=16),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['project', 'status', 'assignee'], name='images_by_state'),
        ),
        migrations.AddField(
            model_name='statechange',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statechange',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='state_changes', to='annotation.image'),
        ),
        migrations.AddField(
            model_name='visit',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='annotation.image'),
        ),
        migrations.AddField(
            model_name='visit',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='statechange',
            index=models.Index(fields=['image', 'created_at'], name='states_of_image'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(fields=('image', 'user'), name='one_visit_each'),
        ),
        migrations.RunPython(hand_in_what_is_done, migrations.RunPython.noop),
    ]
