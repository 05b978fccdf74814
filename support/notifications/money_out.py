"""Notices about bank accounts and withdrawals. Every step that moves money, or waits for its person, is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.audit.registry import subscribe
from accounts.identity.selectors import user_by_id
from payments.banking import events
from payments.banking.models import BankAccount, Withdrawal
from payments.banking.wording import shown_iban
from support.notifications import services
from support.notifications.services import NewNotice

if TYPE_CHECKING:
    from accounts.audit.registry import Recorded
    from wallet_project.lib.events import Event

ACCOUNT_KINDS: dict[type[Event], str] = {
    events.BankAccountAdded: "bank_account_added",
    events.BankAccountRemoved: "bank_account_removed",
    events.BankAccountCorrected: "bank_account_corrected",
}
WITHDRAWAL_KINDS: dict[type[Event], str] = {
    events.WithdrawalUnderReview: "withdrawal_under_review",
    events.WithdrawalQuestionAsked: "withdrawal_question",
    events.WithdrawalApproved: "withdrawal_approved",
    events.WithdrawalRejected: "withdrawal_rejected",
    events.WithdrawalExpired: "withdrawal_expired",
    events.WithdrawalSent: "withdrawal_sent",
    events.WithdrawalSettled: "withdrawal_settled",
    events.WithdrawalSettledAsBooked: "withdrawal_settled_as_booked",
    events.WithdrawalFailed: "withdrawal_failed",
    events.WithdrawalReturned: "withdrawal_returned",
}
"""WithdrawalRequested and WithdrawalCancelled are the person's own act of this moment: they know."""


def connect() -> None:
    """Subscribes the notices to the events of payments/banking."""
    for account_event, kind in ACCOUNT_KINDS.items():
        subscribe(account_event, f"notifications.{kind}", bank_account_changed)
    for withdrawal_event, kind in WITHDRAWAL_KINDS.items():
        subscribe(withdrawal_event, f"notifications.{kind}", withdrawal_moved)


def bank_account_changed(event: Recorded) -> None:
    """By every verified channel: whoever took one over cannot hide it from the others."""
    account = BankAccount.objects.get(pk=event.payload["bank_account_id"])
    kind = _KIND_BY_NAME[event.name]
    _tell(event, account.user_id, kind, {"subject_id": str(account.pk)}, shown_iban(account))


def withdrawal_moved(event: Recorded) -> None:
    """Where a withdrawal stands now, to whom it belongs."""
    withdrawal = Withdrawal.objects.get(pk=event.payload["withdrawal_id"])
    facts = {
        "subject_id": str(withdrawal.pk),
        "amount_minor": event.payload.get("booked_minor", event.payload["amount_minor"]),
        "currency": event.payload["currency"],
    }
    _tell(event, withdrawal.user_id, _KIND_BY_NAME[event.name], facts, withdrawal.shown_target)


_KIND_BY_NAME = {event.name: kind for event, kind in (ACCOUNT_KINDS | WITHDRAWAL_KINDS).items()}


def _tell(event: Recorded, user_id: UUID, kind: str, facts: dict[str, Any], who: str) -> None:
    notice = NewNotice(user=user_by_id(user_id), kind=kind, facts=facts, counterparty_shown=who)
    services.notify(event_id=event.id, notices=[notice], at=event.occurred_at)
