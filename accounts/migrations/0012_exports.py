"""Copies of their data that people ask for, and the sealed files."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import wallet_project.lib.crypto
import wallet_project.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_security_event_page"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("AWAITING_STEP_UP", "Waiting for your confirmation"),
                            ("REQUESTED", "Requested"),
                            ("WORKING", "Being made"),
                            ("READY", "Ready"),
                            ("FAILED", "Could not be made"),
                            ("EXPIRED", "File deleted"),
                        ],
                        default="AWAITING_STEP_UP",
                        max_length=16,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("parts_done", models.PositiveSmallIntegerField(default=0)),
                ("parts_total", models.PositiveSmallIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("size_bytes", models.PositiveIntegerField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExportFile",
            fields=[
                (
                    "export",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="accounts.export",
                    ),
                ),
                ("document", wallet_project.lib.crypto.EncryptedTextField(owner="user_id")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["user", "-requested_at"], name="export_of_person"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("AWAITING_STEP_UP", "REQUESTED", "WORKING"))),
                fields=("user",),
                name="export_one_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["AWAITING_STEP_UP", "REQUESTED", "WORKING", "READY", "FAILED", "EXPIRED"])
                ),
                name="export_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "READY"), _negated=True),
                    models.Q(("expires_at__isnull", False), ("made_at__isnull", False), ("size_bytes__isnull", False)),
                    _connector="OR",
                ),
                name="export_ready_is_whole",
            ),
        ),
    ]
