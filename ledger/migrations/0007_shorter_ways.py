"""The ordinary post does less: a plain account needs no look at its stripes, one entry in one currency no groups."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent / "frozen" / "0007"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_one_look_per_stripe")]

    operations = [
        migrations.RunSQL(
            (SQL / "forward.sql").read_text(encoding="utf-8"), (SQL / "back.sql").read_text(encoding="utf-8")
        ),
    ]
