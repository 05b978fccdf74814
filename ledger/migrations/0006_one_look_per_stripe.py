"""The balance at a moment looks for the moment once per stripe, whatever the planner knows of the tables."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent / "frozen" / "0006"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_what_an_entry_brings")]

    operations = [
        migrations.RunSQL(
            (SQL / "forward.sql").read_text(encoding="utf-8"), (SQL / "back.sql").read_text(encoding="utf-8")
        ),
    ]
