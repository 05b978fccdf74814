"""Security events are a page of the desk of their own, with their own permission. No table changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_privacy_switches")]

    operations = [
        migrations.CreateModel(
            name="SecurityEventRecord",
            fields=[],
            options={
                "verbose_name": "security event",
                "verbose_name_plural": "security events",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("accounts.recordedevent",),
        ),
    ]
