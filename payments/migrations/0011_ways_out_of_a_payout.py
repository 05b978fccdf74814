"""What the ways out of a payout need: when the bank was asked and what it said, and what it booked instead."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_bank_message_closing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="payoutitem",
            options={
                "permissions": [("correct_payoutitem", "Can propose and approve corrections of payouts")],
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
            },
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="answer",
            field=models.CharField(
                blank=True,
                choices=[("NOT_THERE", "NOT_THERE"), ("ACCEPTED", "ACCEPTED"), ("REJECTED", "REJECTED")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="booked_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="withdrawal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("booked_minor__isnull", True),
                    models.Q(("booked_minor__gt", 0), ("status", "SETTLED")),
                    _connector="OR",
                ),
                name="withdrawal_booked_otherwise_is_settled",
            ),
        ),
    ]
