"""Agreement that is kept."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0021_measures'),
    ]

    operations = [
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('people', 'Two people'), ('again', 'One person, twice')], max_length=8)),
                ('finished_at', models.DateTimeField(help_text='when the later one of both was handed in')),
                ('confusion', models.JSONField(default=list)),
                ('kappa', models.FloatField(help_text="Cohen's, of the matched cells' classes", null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ComparisonSums',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label_class', models.BigIntegerField(default=-1)),
                ('cells_a', models.PositiveIntegerField()),
                ('cells_b', models.PositiveIntegerField()),
                ('hits', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), help_text='matched at each of quality.agreement.THRESHOLDS', size=None)),
                ('iou', models.FloatField(help_text='sum over the cells that are matched above 0.5')),
                ('shared', models.PositiveBigIntegerField(help_text='pixels, as the aggregated Jaccard index counts them')),
                ('union', models.PositiveBigIntegerField()),
                ('boundary', models.FloatField(help_text='sum of the mean distances of the outlines of cells matched at 0.5, pixels')),
            ],
        ),
        migrations.CreateModel(
            name='Consensus',
            fields=[
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='consensus', serialize=False, to='annotation.image')),
                ('state', models.TextField()),
                ('ratings', models.JSONField(default=list, help_text='pairs: a list of class ids, and a number of cells')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='image',
            name='one_twin_for_each_person',
        ),
        migrations.AddField(
            model_name='image',
            name='take',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text="a person's first, second … annotation of the same image"),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('twin_of', 'assignee', 'take'), name='one_twin_for_each_person'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='a',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.image'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='b',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.image'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comparisons', to='annotation.image'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='person_a',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comparison',
            name='person_b',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comparison',
            name='project',
            field=models.ForeignKey(help_text="the image's", on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotation.project'),
        ),
        migrations.AddField(
            model_name='comparisonsums',
            name='comparison',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sums', to='annotation.comparison'),
        ),
        migrations.AddIndex(
            model_name='comparison',
            index=models.Index(fields=['project', 'kind', 'finished_at'], name='comparisons_of_project'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.UniqueConstraint(fields=('a', 'b'), name='one_comparison_each'),
        ),
        migrations.AddConstraint(
            model_name='comparisonsums',
            constraint=models.UniqueConstraint(fields=('comparison', 'label_class'), name='one_sum_for_each_class'),
        ),
    ]
