"""Top-ups: money on its way into a wallet, and every move it made."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.funding.states import MOVES, TERMINAL, TopUpStatus
from wallet_project.lib import ids
from wallet_project.lib.ids import uuid7


class TopUp(models.Model):
    """One attempt to add money. It is also its own idempotency record: unique per (person, key).

    ``amount_minor`` is what was asked; what is credited is what the provider says it received, and only if the two
    agree. ``limit_day`` is the person's local day whose allowance it used. ``received_minor`` and ``given_back_minor``
    are what the provider said it got and gave back when the desk had it asked at ``read_at``, for one that does not
    match; credited by the desk, it is what was received.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    method = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    status = models.CharField(max_length=20, choices=[(status.value, status.value) for status in TopUpStatus])
    reason = models.CharField(max_length=60, blank=True)
    provider_id = models.CharField(max_length=100, blank=True)
    provider_payment_id = models.CharField(max_length=100, blank=True)
    redirect_url = models.TextField(blank=True)
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    matures_at = models.DateTimeField(null=True)
    maturing_minor = models.BigIntegerField(default=0)
    received_minor = models.BigIntegerField(null=True)
    received_currency = models.CharField(max_length=12, blank=True, default="", db_default="")
    given_back_minor = models.BigIntegerField(default=0, db_default=0)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveIntegerField(default=0)

    personal_data: ClassVar[dict[str, str]] = {"card_brand": "masked", "card_last4": "masked"}

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        permissions: ClassVar = [("decide_topup", "Can propose and approve what becomes of top-ups that do not match")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="top_up_once_per_key"),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~models.Q(provider_id=""), name="top_up_once_per_page"
            ),
            models.UniqueConstraint(
                fields=["provider_payment_id"],
                condition=~models.Q(provider_payment_id=""),
                name="top_up_once_per_payment",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="top_up_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(maturing_minor__gte=0)
                & (
                    models.Q(maturing_minor__lte=models.F("amount_minor"))
                    | models.Q(received_minor__isnull=False, maturing_minor__lte=models.F("received_minor"))
                ),
                name="top_up_maturing_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[status.value for status in TopUpStatus]), name="top_up_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=sorted(status.value for status in TERMINAL), next_check_at__isnull=True)
                | ~models.Q(status__in=sorted(status.value for status in TERMINAL)),
                name="top_up_terminal_is_left_alone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_check_at"], condition=models.Q(next_check_at__isnull=False), name="top_up_due"),
            models.Index(fields=["user", "-created_at"], name="top_up_of_person"),
        ]

    def __str__(self) -> str:
        return ids.public("top", self.id)


class TopUpEvent(models.Model):
    """One move of a top-up. Append-only; an impossible move is refused by the database."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="events")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(from_status="", to_status=TopUpStatus.DRAFT.value)
                | models.Q(
                    *[models.Q(from_status=a.value, to_status=b.value) for a, b in MOVES], _connector=models.Q.OR
                ),
                name="top_up_event_move_allowed",
            ),
            models.UniqueConstraint(fields=["top_up", "to_status"], name="top_up_event_once_per_status"),
        ]


class MaturedAtOnce(models.Model):
    """How much card money was spendable at once in a person's life: one row each, locked to change."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+")
    used_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(used_minor__gte=0), name="matured_at_once_not_negative")
        ]
