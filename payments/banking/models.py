"""Bank accounts, withdrawals to them, and everything that was found, asked and decided about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments.banking.states import (
    AT_THE_BANK,
    IN_REVIEW,
    LIVE_ACCOUNT,
    MOVES,
    UNDER_APPROVAL,
    BankAccountStatus,
    WithdrawalStatus,
)
from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterable

PERSON = settings.AUTH_USER_MODEL


def _values(statuses: Iterable[str]) -> list[str]:
    return sorted(str(status) for status in statuses)


class BankAccount(models.Model):
    """Where a person's money may be paid out to. ``revision`` rises with every change of what the bank is told.

    The IBAN never changes: another one is another account. ``last_editor`` is the person, or the officer who
    corrected holder or bank. Sealed values are bound to their owner's id, so a cell moved to another person's row
    cannot be opened (security.md, Data).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=16, choices=[(status.value, status.value) for status in BankAccountStatus])
    currency = models.CharField(max_length=12)
    iban = EncryptedTextField(owner="user_id")
    iban_index = models.CharField(max_length=64)
    iban_last4 = models.CharField(max_length=4)
    country = models.CharField(max_length=2)
    bic = models.CharField(max_length=11)
    bank_name = models.CharField(max_length=140, blank=True)
    holder_name = EncryptedTextField(owner="user_id")
    revision = models.PositiveIntegerField(default=1)
    last_editor = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", db_index=False)
    authority_kind = models.CharField(max_length=16, blank=True)
    authority_reference = models.CharField(max_length=64, blank=True)
    added_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    cool_off_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {
        "iban": "encrypted",
        "iban_index": "keyed",
        "iban_last4": "masked",
        "holder_name": "encrypted",
    }

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        permissions: ClassVar = [("correct_bankaccount", "Can correct the holder or the bank of a bank account")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "iban_index"],
                condition=Q(status__in=_values(LIVE_ACCOUNT)),
                name="bank_account_live_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_values(BankAccountStatus)), name="bank_account_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=BankAccountStatus.ACTIVE.value)
                | Q(confirmed_at__isnull=False, cool_off_until__isnull=False, authority_kind__gt=""),
                name="bank_account_active_was_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(status=BankAccountStatus.REMOVED.value) | Q(removed_at__isnull=False),
                name="bank_account_removed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["iban_index"],
                name="bank_account_shared",
                condition=Q(status=BankAccountStatus.ACTIVE.value),
            ),
            models.Index(
                fields=["expires_at"],
                name="bank_account_waiting",
                condition=Q(status=BankAccountStatus.AWAITING_STEP_UP.value),
            ),
        ]

    def __str__(self) -> str:
        return ids.public("ban", self.id)


class Withdrawal(models.Model):
    """Money on its way out. It is also its own idempotency record: unique per (person, key).

    Amounts are minor units of ``currency``; the fee is on top. ``revision`` counts the moves. ``shown_target`` is the
    account as it was masked then; what the bank is told is read from the account, whose IBAN never changes.
    ``booked_minor`` is set when the bank booked another amount and two officers settled that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", db_index=False)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="withdrawals")
    bank_account_revision = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    shown_target = models.CharField(max_length=40)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    status = models.CharField(max_length=24, choices=[(status.value, status.value) for status in WithdrawalStatus])
    revision = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=40, blank=True)
    reason_note = EncryptedTextField(owner="user_id", blank=True)
    authority_kind = models.CharField(max_length=16, blank=True)
    authority_reference = models.CharField(max_length=64, blank=True)
    held_at = models.DateTimeField()

    auto_approved = models.BooleanField(default=False)
    second_approval_needed = models.BooleanField(default=False)
    claimed_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    claimed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    approved_at = models.DateTimeField(null=True)
    second_approved_by = models.ForeignKey(
        PERSON, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    second_approved_at = models.DateTimeField(null=True)
    approval_id = models.UUIDField(null=True)
    rejected_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    bank_reference = models.CharField(max_length=100, blank=True)
    settled_entry_id = models.UUIDField(null=True)
    booked_minor = models.BigIntegerField(null=True)
    review_due_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"reason_note": "encrypted", "shown_target": "masked"}

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        permissions: ClassVar = [
            ("review_withdrawal", "Can claim, approve, reject and ask about withdrawals"),
            ("second_approve_withdrawal", "Can give the second approval of a withdrawal"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="withdrawal_once_per_key"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="withdrawal_amount_positive"),
            models.CheckConstraint(condition=Q(fee_minor__gte=0), name="withdrawal_fee_not_negative"),
            models.CheckConstraint(condition=Q(status__in=_values(WithdrawalStatus)), name="withdrawal_status_known"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(second_approved_by__isnull=True)
                | ~Q(approved_by=F("second_approved_by")),
                name="withdrawal_two_different_approvers",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_values(UNDER_APPROVAL))
                | Q(auto_approved=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="withdrawal_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_values(UNDER_APPROVAL))
                | Q(second_approval_needed=False)
                | Q(approved_by__isnull=False, second_approved_by__isnull=False, second_approved_at__isnull=False),
                name="withdrawal_large_needs_two",
            ),
            models.CheckConstraint(
                condition=Q(auto_approved=False) | Q(second_approval_needed=False, approved_by__isnull=True),
                name="withdrawal_rules_approve_small_ones",
            ),
            models.CheckConstraint(
                condition=~Q(status=WithdrawalStatus.AWAITING_SECOND_APPROVAL.value)
                | Q(approved_by__isnull=False, approval_id__isnull=False),
                name="withdrawal_second_follows_first",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_values(UNDER_APPROVAL | IN_REVIEW)) | Q(authority_kind__gt=""),
                name="withdrawal_moves_under_authority",
            ),
            models.CheckConstraint(
                condition=~Q(status=WithdrawalStatus.REJECTED.value) | Q(rejected_by__isnull=False, reason__gt=""),
                name="withdrawal_rejected_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status=WithdrawalStatus.SETTLED.value)
                | Q(settled_at__isnull=False, settled_entry_id__isnull=False),
                name="withdrawal_settled_has_entry",
            ),
            models.CheckConstraint(
                condition=Q(booked_minor__isnull=True) | Q(booked_minor__gt=0, status=WithdrawalStatus.SETTLED.value),
                name="withdrawal_booked_otherwise_is_settled",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="withdrawal_of_person"),
            models.Index(
                fields=["expires_at"],
                name="withdrawal_waiting",
                condition=Q(status=WithdrawalStatus.AWAITING_STEP_UP.value),
            ),
            models.Index(
                fields=["status", "created_at"],
                name="withdrawal_in_review",
                condition=Q(status__in=_values(IN_REVIEW)),
            ),
            models.Index(
                fields=["created_at"],
                name="withdrawal_to_submit",
                condition=Q(status=WithdrawalStatus.APPROVED.value),
            ),
            models.Index(
                fields=["submitted_at"], name="withdrawal_at_bank", condition=Q(status__in=_values(AT_THE_BANK))
            ),
            models.Index(
                fields=["sent_at"], name="withdrawal_in_flight", condition=Q(status=WithdrawalStatus.SENT.value)
            ),
        ]

    def __str__(self) -> str:
        return ids.public("wdr", self.id)


def _known_moves() -> Q:
    """The CHECK's own copy of MOVES: an impossible move cannot be written by any code."""
    allowed = Q()
    for before, afters in MOVES.items():
        allowed |= Q(from_status=str(before), to_status__in=_values(afters))
    return allowed


class WithdrawalEvent(models.Model):
    """One move of a withdrawal, ``no`` by ``no``: append-only, ids and codes, never a name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="events", db_index=False)
    no = models.PositiveIntegerField()
    from_status = models.CharField(max_length=24, blank=True)
    to_status = models.CharField(max_length=24)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=120)
    provider_reference = models.CharField(max_length=100, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=_known_moves(), name="withdrawal_event_move_known"),
            models.UniqueConstraint(fields=["withdrawal", "no"], name="withdrawal_event_once"),
        ]


class WithdrawalCondition(models.Model):
    """What one screening found about one condition: append-only. ``screening_no`` 1 is the first, each re-check next.

    ``details`` are codes and numbers, never personal data.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="conditions", db_index=False)
    screening_no = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    passed = models.BooleanField()
    details = models.JSONField(default=dict)
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["withdrawal", "screening_no", "code"], name="withdrawal_condition_once_per_screening"
            ),
        ]


class WithdrawalQuestion(models.Model):
    """What staff asked the person about a withdrawal, and the answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", db_index=False)
    question = EncryptedTextField(owner="withdrawal_id")
    asked_at = models.DateTimeField()
    answer = EncryptedTextField(owner="withdrawal_id", blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"question": "encrypted", "answer": "encrypted"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["withdrawal"], condition=Q(answered_at__isnull=True), name="withdrawal_question_one_open"
            ),
        ]


class WithdrawalReturn(models.Model):
    """Money that came back from the bank after it was sent: a fact of its own, once per withdrawal."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    withdrawal = models.OneToOneField(Withdrawal, on_delete=models.PROTECT, related_name="money_back")
    reason_code = models.CharField(max_length=35)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    fee_returned = models.BooleanField()
    bank_reference = models.CharField(max_length=100, blank=True)
    returned_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("returned withdrawal")
        verbose_name_plural = _("returned withdrawals")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="withdrawal_return_amount_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["returned_at"], name="withdrawal_return_open", condition=Q(settled_at__isnull=True)),
        ]
