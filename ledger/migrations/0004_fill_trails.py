"""Trails for the accounts and holds that were there before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent / "frozen" / "0004"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_trails")]

    operations = [
        migrations.RunSQL((SQL / "forward.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
