"""What the bank's statements say, where they and we disagree, and the daily look at the clearing accounts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.reconciliation.kinds import BreakKind, BreakStatus
from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7


class BankStatement(models.Model):
    """One day of our account as the bank tells it. Amounts are minor units, money of ours positive.

    ``digest`` is the hash of its head and movements: the same statement sent again is known by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey("payments.BankMessage", on_delete=models.PROTECT, related_name="statements")
    position = models.PositiveSmallIntegerField()
    identification = models.CharField(max_length=35, blank=True)
    number = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=12)
    day = models.DateField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    entries = models.PositiveIntegerField()
    sum_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "position"], name="bank_statement_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["currency", "day", "number"], name="bank_statement_in_order"),
        ]

    def __str__(self) -> str:
        return self.identification


class ReconciliationBreak(models.Model):
    """Something that does not fit, until a person says what it was. ``key`` makes the same finding one row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=24, choices=[(kind.value, kind.value) for kind in BreakKind])
    key = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=8, choices=[(status.value, status.value) for status in BreakStatus])
    details = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = EncryptedTextField(owner="id", blank=True)

    personal_data: ClassVar[dict[str, str]] = {"note": "encrypted"}

    class Meta:
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        permissions: ClassVar = [("resolve_reconciliationbreak", "Can resolve breaks")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in BreakKind]), name="break_kind_known"),
            models.CheckConstraint(
                condition=Q(status=BreakStatus.OPEN.value, resolved_by__isnull=True, resolved_at__isnull=True)
                | Q(status=BreakStatus.RESOLVED.value, resolved_by__isnull=False, resolved_at__isnull=False),
                name="break_resolved_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["found_at"], name="break_open", condition=Q(status=BreakStatus.OPEN.value)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class ClearingCheck(models.Model):
    """One clearing account on one day: what is on it, what explains that, and the rest nobody can explain."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField()
    account = models.CharField(max_length=40)
    currency = models.CharField(max_length=12)
    balance_minor = models.BigIntegerField()
    explained = models.JSONField(default=dict)
    unexplained_minor = models.BigIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("clearing check")
        verbose_name_plural = _("clearing checks")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "account", "currency"], name="clearing_check_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"
