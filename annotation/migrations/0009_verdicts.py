"""What reviewers say of single cells."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0008_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('judgement', models.CharField(choices=[('accepted', 'Accepted'), ('rejected', 'Rejected'), ('fixed', 'Fixed by the reviewer')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('annotation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='verdict', to='annotation.annotation')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='verdicts', to='annotation.image')),
            ],
        ),
    ]
