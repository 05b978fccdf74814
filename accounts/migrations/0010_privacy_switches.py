"""What a person allows, purpose by purpose; every turn of a switch is kept."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import wallet_project.lib.ids

sql = import_module("accounts.migrations.0002_sql")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_consents")]

    operations = [
        migrations.CreateModel(
            name="PrivacySwitches",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("analytics", models.BooleanField(default=False)),
                ("recommendations", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="SwitchChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("switch", models.CharField(max_length=24)),
                ("is_on", models.BooleanField()),
                ("changed_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["user", "-changed_at"], name="switch_change_of_person")]},
        ),
        sql.append_only("accounts_switchchange"),
    ]
