"""A transfer between two people, and every move it made."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from transfers.payees.models import Payee
from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField


class Status(models.TextChoices):
    """Where a transfer stands. The claim states (AWAITING_CLAIM and after) come with claims."""

    AWAITING_STEP_UP = "AWAITING_STEP_UP"
    UNDER_REVIEW = "UNDER_REVIEW"
    GRACE = "GRACE"
    COMPLETED = "COMPLETED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


CREATED = ""
"""What an event's ``from_status`` says when the row was made by it."""

MOVES: dict[str, tuple[Status, ...]] = {
    CREATED: (Status.AWAITING_STEP_UP, Status.UNDER_REVIEW, Status.GRACE, Status.COMPLETED, Status.DECLINED),
    Status.AWAITING_STEP_UP: (Status.UNDER_REVIEW, Status.GRACE, Status.EXPIRED, Status.CANCELLED),
    Status.UNDER_REVIEW: (Status.GRACE, Status.DECLINED),
    Status.GRACE: (Status.COMPLETED, Status.CANCELLED),
}


class Transfer(models.Model):
    """Money from one person to another. One row per (sender, idempotency key), whatever is retried.

    Amounts are minor units of ``currency``; the fee is on top and is 0 between people. Both names are kept as
    they were shown when it was made, so a receipt never changes.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    payee = models.ForeignKey(Payee, on_delete=models.PROTECT, related_name="+", db_index=False)
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)

    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=8)
    note = EncryptedTextField(owner="sender_id", blank=True)
    category = models.CharField(max_length=24, blank=True)
    payee_shown_name = EncryptedTextField(owner="sender_id")
    sender_shown_name = EncryptedTextField(owner="receiver_id")

    status = models.CharField(max_length=16, choices=Status.choices)
    reason = models.CharField(max_length=40, blank=True)
    authority_kind = models.CharField(max_length=16, blank=True)
    authority_reference = models.CharField(max_length=64, blank=True)
    hold_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {
        "note": "encrypted",
        "payee_shown_name": "encrypted",
        "sender_shown_name": "encrypted",
    }

    class Meta:
        app_label = "transfers"
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.UniqueConstraint(fields=["sender", "idempotency_key"], name="transfers_transfer_key_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transfers_transfer_amount_positive"),
            models.CheckConstraint(condition=Q(fee_minor__gte=0), name="transfers_transfer_fee_not_negative"),
            models.CheckConstraint(condition=~Q(sender=F("receiver")), name="transfers_transfer_not_to_self"),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="transfers_transfer_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.COMPLETED, Status.GRACE], authority_kind__gt="")
                | ~Q(status__in=[Status.COMPLETED, Status.GRACE]),
                name="transfers_transfer_moves_under_authority",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.COMPLETED, completed_at__isnull=False)
                | (~Q(status=Status.COMPLETED) & Q(completed_at__isnull=True)),
                name="transfers_transfer_completed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.AWAITING_STEP_UP, hold_id__isnull=False, expires_at__isnull=False)
                | ~Q(status=Status.AWAITING_STEP_UP),
                name="transfers_transfer_waiting_is_held",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.UNDER_REVIEW, hold_id__isnull=False) | ~Q(status=Status.UNDER_REVIEW),
                name="transfers_transfer_review_is_held",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DECLINED, reason__gt="") | ~Q(status=Status.DECLINED),
                name="transfers_transfer_declined_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="transfers_transfer_waiting",
                condition=Q(status=Status.AWAITING_STEP_UP),
            ),
            models.Index(
                fields=["created_at"],
                name="transfers_transfer_reviews",
                condition=Q(status=Status.UNDER_REVIEW),
            ),
        ]

    def __str__(self) -> str:
        return ids.public("trf", self.id)


def _known_moves() -> Q:
    """The CHECK's own copy of MOVES: an impossible move cannot be written by any code."""
    allowed = Q()
    for before, afters in MOVES.items():
        allowed |= Q(from_status=str(before), to_status__in=[str(after) for after in afters])
    return allowed


class TransferEvent(models.Model):
    """One move of a transfer: append-only, ids and codes, never a name."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="events", db_index=False)
    from_status = models.CharField(max_length=16, blank=True)
    to_status = models.CharField(max_length=16)
    actor = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()

    class Meta:
        app_label = "transfers"
        constraints = [
            models.CheckConstraint(condition=_known_moves(), name="transfers_transferevent_move_known"),
            models.UniqueConstraint(fields=["transfer", "to_status"], name="transfers_transferevent_once"),
        ]
