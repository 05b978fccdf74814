"""Which version of which document a person accepted: append-only."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import wallet_project.lib.ids

sql = import_module("accounts.migrations.0002_sql")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_audit_checkpoints")]

    operations = [
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("document", models.CharField(max_length=10)),
                ("version", models.CharField(max_length=16)),
                ("accepted_at", models.DateTimeField()),
                ("session_id", models.UUIDField(null=True)),
                ("channel", models.CharField(max_length=16)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "document", "version"), name="consent_once_per_version"),
                    models.CheckConstraint(
                        condition=models.Q(("document__in", ["terms", "privacy"])), name="consent_document_known"
                    ),
                ],
            },
        ),
        sql.append_only("accounts_consent"),
    ]
