"""Trails of accounts and holds, checkpoints that name their key, results of check_ledger."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent / "frozen" / "0003"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_bulk")]

    operations = [
        migrations.RunSQL(
            (SQL / "forward.sql").read_text(encoding="utf-8"), (SQL / "back.sql").read_text(encoding="utf-8")
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "book", "account", "no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.IntegerField(default=1)),
                ("account", models.BigIntegerField()),
                ("no", models.IntegerField()),
                ("kind", models.TextField()),
                ("flags", models.SmallIntegerField()),
                ("floor", models.BigIntegerField(null=True)),
                ("ceiling", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("hash", models.BinaryField()),
            ],
            options={"db_table": "ledger_account_event", "managed": False},
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "book", "no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.IntegerField(default=1)),
                ("no", models.IntegerField()),
                ("begun_at", models.DateTimeField()),
                ("took_ms", models.BigIntegerField()),
                ("postings", models.BigIntegerField()),
                ("since", models.DateTimeField(null=True)),
                ("wrong", models.JSONField()),
            ],
            options={
                "verbose_name": "check of the books",
                "verbose_name_plural": "checks of the books",
                "db_table": "ledger_check",
                "managed": False,
            },
        ),
        migrations.AlterModelOptions(
            name="checkpoint",
            options={"managed": False, "verbose_name": "checkpoint", "verbose_name_plural": "checkpoints"},
        ),
    ]
