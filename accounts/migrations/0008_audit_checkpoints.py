"""What was signed about the trail: append-only, and a narrow index on transaction numbers to find a window by."""

from importlib import import_module

from django.db import migrations, models

sql = import_module("accounts.migrations.0002_sql")

# Numbers grow with the rows, so a BRIN index of a few pages is enough; a B-tree would cost every fact that is recorded.
BY_TRANSACTION = """
CREATE INDEX event_by_transaction ON accounts_recorded_event
    USING brin ((transaction_id::text::bigint)) WITH (pages_per_range = 32, autosummarize = on);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_statements")]

    operations = [
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("no", models.BigIntegerField(primary_key=True, serialize=False)),
                ("from_xid", models.BigIntegerField(unique=True)),
                ("watermark", models.BigIntegerField(unique=True)),
                ("count", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous_root", models.BinaryField(max_length=32, null=True)),
                ("created_at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.BinaryField(max_length=64)),
            ],
            options={
                "verbose_name": "checkpoint of the trail",
                "verbose_name_plural": "checkpoints of the trail",
                "db_table": "accounts_audit_checkpoint",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("from_xid", 0), ("no", 1), ("previous_root__isnull", True)),
                            models.Q(("no__gt", 1), ("previous_root__isnull", False)),
                            _connector="OR",
                        ),
                        name="audit_checkpoint_first_is_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 0), ("watermark__gte", models.F("from_xid"))),
                        name="audit_checkpoint_window_in_order",
                    ),
                ],
            },
        ),
        sql.append_only("accounts_audit_checkpoint"),
        migrations.RunSQL(BY_TRANSACTION, "DROP INDEX event_by_transaction;"),
    ]
