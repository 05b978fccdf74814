"""The ordinary post does less: only a striped account needs a look at who pays from it."""

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
