"""What an entry brings to a striped account pays for what it takes from it: both are on stripe 0.

A batch makes room for all that pay once something stands against it, since the refused bring nothing to the others.
"""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent / "frozen" / "0005"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_fill_trails")]

    operations = [
        migrations.RunSQL(
            (SQL / "forward.sql").read_text(encoding="utf-8"), (SQL / "back.sql").read_text(encoding="utf-8")
        ),
    ]
