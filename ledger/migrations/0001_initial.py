"""The ledger's tables, guards, functions and rights as they were first. Django only learns the shape of the models.

What they are today is in ledger/sql; each migration keeps the SQL it was written with in ``frozen``.
"""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent / "frozen" / "0001"
FILES = ("tables", "guards", "posting", "holds", "accounts", "history", "rights")


def sql(*names):
    return "\n".join((SQL / f"{name}.sql").read_text(encoding="utf-8") for name in names)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(sql(*FILES), sql("drop")),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("book", models.IntegerField(default=1)),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("public_id", models.UUIDField()),
                ("owner_kind", models.TextField()),
                ("owner_id", models.UUIDField()),
                ("code", models.TextField()),
                ("kind", models.TextField()),
                ("currency", models.TextField()),
                ("stripes", models.SmallIntegerField(default=1)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "account in the books",
                "verbose_name_plural": "accounts in the books",
                "db_table": "ledger_account",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                ("book", models.IntegerField(default=1)),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("account", models.BigIntegerField()),
                ("stripe", models.SmallIntegerField(default=0)),
                ("posted", models.BigIntegerField(default=0)),
                ("held", models.BigIntegerField(default=0)),
                ("floor", models.BigIntegerField(null=True)),
                ("ceiling", models.BigIntegerField(null=True)),
                ("flags", models.SmallIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                ("head", models.BinaryField()),
            ],
            options={
                "db_table": "ledger_balance",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "book", "no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.IntegerField(default=1)),
                ("no", models.IntegerField()),
                ("watermark", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("previous_root", models.BinaryField(null=True)),
                ("signature", models.BinaryField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_checkpoint",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("book", models.IntegerField(default=1)),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("request_hash", models.BinaryField()),
                ("reverses", models.UUIDField(null=True)),
                ("effective_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("tx", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("reference", models.TextField()),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "db_table": "ledger_entry",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("book", models.IntegerField(default=1)),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.IntegerField(default=1)),
                ("account", models.BigIntegerField()),
                ("destination", models.BigIntegerField(null=True)),
                ("amount", models.BigIntegerField()),
                ("captured", models.BigIntegerField(default=0)),
                ("released", models.BigIntegerField(default=0)),
                ("expires_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("OPEN", "Open"),
                            ("CAPTURED", "Captured"),
                            ("RELEASED", "Released"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="OPEN",
                    ),
                ),
            ],
            options={
                "verbose_name": "hold",
                "verbose_name_plural": "holds",
                "db_table": "ledger_hold",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="HoldEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "book", "hold", "no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.IntegerField(default=1)),
                ("hold", models.UUIDField()),
                ("no", models.IntegerField()),
                ("kind", models.TextField()),
                ("amount", models.BigIntegerField()),
                ("entry", models.UUIDField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_hold_event",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "book", "entry", "line", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.IntegerField(default=1)),
                ("entry", models.UUIDField()),
                ("line", models.SmallIntegerField()),
                ("account", models.BigIntegerField()),
                ("stripe", models.SmallIntegerField()),
                ("seq", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("amount", models.BigIntegerField()),
                ("posted_after", models.BigIntegerField()),
                ("held_after", models.BigIntegerField()),
                ("effective_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "db_table": "ledger_posting",
                "managed": False,
            },
        ),
    ]
