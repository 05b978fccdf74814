"""Many entries at once, an entry with its hold in one round trip, and no reversal of a reversal."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent / "frozen" / "0002"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (SQL / "forward.sql").read_text(encoding="utf-8"), (SQL / "back.sql").read_text(encoding="utf-8")
        ),
    ]
