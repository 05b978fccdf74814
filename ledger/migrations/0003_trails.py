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
    ]
