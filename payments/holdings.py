"""What payments hold about a person: bank accounts, withdrawals with questions, top-ups. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.privacy.registry import Section, holdings
from ledger.money import Money
from payments.banking.models import BankAccount, Withdrawal, WithdrawalQuestion
from payments.funding.models import TopUp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.identity.models import User

_WHEN, _STATE, _AMOUNT = _("When"), _("State"), _("Amount")
CHUNK = 500


def register() -> None:
    """Called by AppConfig.ready()."""
    holdings.register("payments", of)


def of(*, user: User, at: datetime) -> Iterator[Section]:
    """Bank accounts, withdrawals, what was asked about them, top-ups."""
    accounts = BankAccount.objects.filter(user_id=user.pk).order_by("added_at", "id")
    yield Section(
        "bank_accounts",
        _("Bank accounts"),
        {
            "iban": _("IBAN"),
            "holder_name": _("Account holder"),
            "bank_name": _("Bank"),
            "status": _STATE,
            "added_at": _("Added"),
        },
        [[row.iban, row.holder_name, row.bank_name, row.status, row.added_at] for row in accounts],
    )
    withdrawals = Withdrawal.objects.filter(user_id=user.pk).order_by("created_at", "id")
    yield Section(
        "withdrawals",
        _("Withdrawals"),
        {
            "created_at": _WHEN,
            "amount": _AMOUNT,
            "fee": _("Fee"),
            "shown_target": _("To"),
            "status": _STATE,
            "reason_note": _("Reason"),
        },
        (
            [
                row.created_at,
                Money(row.amount_minor, row.currency),
                Money(row.fee_minor, row.currency),
                row.shown_target,
                row.status,
                row.reason_note,
            ]
            for row in withdrawals.iterator(CHUNK)
        ),
    )
    questions = WithdrawalQuestion.objects.filter(withdrawal__user_id=user.pk).order_by("asked_at", "id")
    yield Section(
        "withdrawal_questions",
        _("What we asked about a withdrawal"),
        {"asked_at": _WHEN, "question": _("Question"), "answer": _("Your answer"), "answered_at": _("Answered")},
        [[row.asked_at, row.question, row.answer, row.answered_at] for row in questions],
    )
    top_ups = TopUp.objects.filter(user_id=user.pk).order_by("created_at", "id")
    yield Section(
        "top_ups",
        _("Money you added"),
        {"created_at": _WHEN, "amount": _AMOUNT, "card_brand": _("Card"), "card_last4": _("Ends in"), "status": _STATE},
        (
            [row.created_at, Money(row.amount_minor, row.currency), row.card_brand, row.card_last4, row.status]
            for row in top_ups.iterator(CHUNK)
        ),
    )
