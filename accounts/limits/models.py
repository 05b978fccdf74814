"""How much of a limit is used: one counter row per person, product, currency and local day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.ids import uuid7


class LimitUsage(models.Model):
    """``used_minor`` and ``uses`` of one product on one day of the person's own calendar. Only services change it.

    A day that has begun lasts until its midnight (``ends_at``), in the time zone it began in: whoever changes theirs
    does not get the next day's limit at once. ``begins_at`` is the first use.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    product = models.CharField(max_length=16)
    currency = models.CharField(max_length=12)
    day = models.DateField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_minor = models.BigIntegerField()
    uses = models.IntegerField()

    class Meta:
        app_label = "accounts"
        db_table = "accounts_limit_usage"
        verbose_name = _("limit usage")
        verbose_name_plural = _("limit usage")
        constraints = [
            models.UniqueConstraint(fields=["user", "product", "currency", "day"], name="limit_one_counter_per_day"),
            models.CheckConstraint(condition=models.Q(used_minor__gte=0, uses__gte=0), name="limit_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.day}"
