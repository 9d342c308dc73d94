"""The audit log, which nobody can change: not by the application, nor by a slip in a shell."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GUARD = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'The audit log is append-only'; END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON annotation_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
"""
UNGUARD = """
DROP TRIGGER audit_is_append_only ON annotation_auditentry;
DROP FUNCTION audit_is_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0007_review'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sign_in', 'Signed in'), ('sign_in_failed', 'Sign-in failed'), ('sign_out', 'Signed out'), ('member_added', 'Member added'), ('member_role', 'Role changed'), ('member_removed', 'Member removed'), ('member_link', 'Sign-in link made'), ('project_created', 'Project created'), ('project_renamed', 'Project renamed'), ('project_deleted', 'Project deleted'), ('settings', 'Settings changed'), ('class_created', 'Class created'), ('class_changed', 'Class changed'), ('class_deleted', 'Class deleted'), ('image_renamed', 'Image renamed'), ('image_deleted', 'Image deleted'), ('export', 'Export')], max_length=24)),
                ('actor_name', models.CharField(blank=True, max_length=150)),
                ('subject', models.CharField(blank=True, max_length=255)),
                ('details', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='annotation.project')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['project', '-id'], name='audit_of_project'), models.Index(fields=['actor', '-id'], name='audit_of_person')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
