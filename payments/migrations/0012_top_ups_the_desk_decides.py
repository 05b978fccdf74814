"""What the desk needs to decide about a top-up that does not match: what was received and given back."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_ways_out_of_a_payout"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="topup",
            options={
                "permissions": [("decide_topup", "Can propose and approve what becomes of top-ups that do not match")],
                "verbose_name": "top-up",
                "verbose_name_plural": "top-ups",
            },
        ),
        migrations.RemoveConstraint(
            model_name="topup",
            name="top_up_maturing_within_amount",
        ),
        migrations.AddField(
            model_name="topup",
            name="given_back_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="topup",
            name="read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="topup",
            name="received_currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.AddField(
            model_name="topup",
            name="received_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("maturing_minor__gte", 0),
                    models.Q(
                        ("maturing_minor__lte", models.F("amount_minor")),
                        models.Q(
                            ("maturing_minor__lte", models.F("received_minor")), ("received_minor__isnull", False)
                        ),
                        _connector="OR",
                    ),
                ),
                name="top_up_maturing_within_amount",
            ),
        ),
    ]
