"""Files to the bank, the payments in them, and everything the bank sent us."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.payouts.states import BatchStatus, ItemOutcome, MessageState
from payments.providers.bank.facts import Standing
from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7


class PayoutBatch(models.Model):
    """One payment file, byte for byte as it is handed in. ``message_id`` is its MsgId: the bank takes it once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.CharField(max_length=35, unique=True)
    currency = models.CharField(max_length=12)
    count = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=[(status.value, status.value) for status in BatchStatus])
    cause = models.CharField(max_length=60, blank=True)
    file = EncryptedTextField(owner="id")
    file_sha256 = models.CharField(max_length=64)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    sending_at = models.DateTimeField(null=True)
    unknown_at = models.DateTimeField(null=True)
    next_ask_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"file": "encrypted"}

    class Meta:
        verbose_name = _("payment file")
        verbose_name_plural = _("payment files")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in BatchStatus]), name="payout_batch_status_known"
            ),
            models.CheckConstraint(condition=Q(count__gt=0, total_minor__gt=0), name="payout_batch_not_empty"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"], name="payout_batch_to_send", condition=Q(status=BatchStatus.PREPARED.value)
            ),
            models.Index(
                fields=["sending_at"], name="payout_batch_sending", condition=Q(status=BatchStatus.SENDING.value)
            ),
            models.Index(fields=["next_ask_at"], name="payout_batch_to_ask", condition=Q(next_ask_at__isnull=False)),
            models.Index(fields=["created_at"], name="payout_batch_no_report", condition=Q(reported_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.message_id


class BankMessage(models.Model):
    """A message of the bank as it came: stored once, before it is taken or acted on.

    ``number`` is the bank's own and rises. The same number with another content is another message: a bank that began
    its numbers again must still be heard. ``is_closed``: a person saw its problem and nothing is left to do; ``note``
    says why it was closed or followed again, last.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    body = EncryptedTextField(owner="id", blank=True)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in MessageState])
    problem = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    is_closed = models.BooleanField(default=False)
    note = EncryptedTextField(owner="id", blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    noted_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"body": "encrypted", "note": "encrypted"}

    class Meta:
        verbose_name = _("bank message")
        verbose_name_plural = _("bank messages")
        permissions: ClassVar = [("resolve_bankmessage", "Can replay and close bank messages")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number", "sha256"], name="bank_message_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in MessageState]), name="bank_message_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.HANDLED.value) | Q(handled_at__isnull=False),
                name="bank_message_handled_has_time",
            ),
            models.CheckConstraint(
                condition=Q(is_closed=False) | Q(noted_by__isnull=False, noted_at__isnull=False),
                name="bank_message_closed_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["number"], name="bank_message_to_handle", condition=Q(state=MessageState.RECEIVED.value)
            ),
            models.Index(
                fields=["received_at"],
                name="bank_message_problem",
                condition=Q(state=MessageState.FAILED.value) | ~Q(problem=""),
            ),
            models.Index(
                fields=["number"],
                name="bank_message_to_reconcile",
                condition=Q(kind="camt.053", state=MessageState.HANDLED.value, reconciled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class PayoutItem(models.Model):
    """One withdrawal in one file: a withdrawal is in a file once, ever.

    ``notice`` and ``statement`` are the messages that told of its booking; a return has its own. ``asked_at`` is when
    an officer last had the bank asked about it, and ``answer`` what the bank said ("" without an answer).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(PayoutBatch, on_delete=models.PROTECT, related_name="items")
    withdrawal = models.OneToOneField("payments.Withdrawal", on_delete=models.PROTECT, related_name="payout")
    end_to_end_id = models.CharField(max_length=35, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    execute_on = models.DateField()
    outcome = models.CharField(
        max_length=10, blank=True, choices=[(outcome.value, outcome.value) for outcome in ItemOutcome]
    )
    reason = models.CharField(max_length=35, blank=True)
    bank_reference = models.CharField(max_length=35, blank=True)
    booked_on = models.DateField(null=True)
    notice = models.ForeignKey(BankMessage, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    statement = models.ForeignKey(BankMessage, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    returned_on = models.DateField(null=True)
    return_statement = models.ForeignKey(
        BankMessage, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(null=True)
    answer = models.CharField(
        max_length=10, blank=True, default="", db_default="", choices=[(one.value, one.value) for one in Standing]
    )

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        permissions: ClassVar = [("correct_payoutitem", "Can propose and approve corrections of payouts")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_amount_positive"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", *[outcome.value for outcome in ItemOutcome]]),
                name="payout_outcome_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["booked_on"], name="payout_not_on_statement", condition=Q(statement__isnull=True)),
            models.Index(
                fields=["returned_on"],
                name="payout_return_not_on_statement",
                condition=Q(returned_on__isnull=False, return_statement__isnull=True),
            ),
            models.Index(
                fields=["execute_on"],
                name="payout_not_booked",
                condition=Q(outcome=ItemOutcome.ACCEPTED.value, booked_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.end_to_end_id
