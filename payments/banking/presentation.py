"""Bank accounts and withdrawals as apps see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.stepup.selectors import next_action
from payments.banking.receipt import receipt_of
from payments.banking.states import CANCELLABLE, TERMINAL
from payments.banking.states import WithdrawalStatus as Status
from payments.banking.wording import shown_iban
from wallet_project.lib import ids

if TYPE_CHECKING:
    from accounts.stepup.models import Challenge
    from payments.banking.models import BankAccount, Withdrawal
    from payments.banking.receipt import Receipt, Step


def bank_account_json(account: BankAccount, *, challenge: Challenge | None = None) -> dict[str, Any]:
    """The resource; the keys are those of ``BankAccountShape``. The whole IBAN is never shown again."""
    return {
        "id": ids.public("ban", account.pk),
        "status": str(account.status),
        "currency": account.currency,
        "shown_iban": shown_iban(account),
        "country": account.country,
        "bic": account.bic or None,
        "bank_name": account.bank_name or None,
        "holder_name": account.holder_name,
        "added_at": account.added_at,
        "cool_off_until": account.cool_off_until,
        "next_action": next_action(challenge) if challenge is not None else None,
    }


def withdrawal_row(withdrawal: Withdrawal) -> dict[str, Any]:
    """One row of the list; the keys are those of ``WithdrawalRow``."""
    return {
        "id": ids.public("wdr", withdrawal.pk),
        "status": str(withdrawal.status),
        "amount_minor": withdrawal.amount_minor,
        "fee_minor": withdrawal.fee_minor,
        "total_minor": withdrawal.amount_minor + withdrawal.fee_minor,
        "currency": withdrawal.currency,
        "bank_account": ids.public("ban", withdrawal.bank_account_id),
        "shown_target": withdrawal.shown_target,
        "reason": withdrawal.reason or None,
        "can_cancel": withdrawal.status in CANCELLABLE,
        "is_final": withdrawal.status in TERMINAL,
        "created_at": withdrawal.created_at,
        "sent_at": withdrawal.sent_at,
        "settled_at": withdrawal.settled_at,
    }


def withdrawal_json(withdrawal: Withdrawal, *, challenge: Challenge | None = None) -> dict[str, Any]:
    """The resource; the keys are those of ``WithdrawalShape``. ``challenge`` is looked up where none is given."""
    receipt = receipt_of(withdrawal)
    waits = challenge or receipt.challenge
    return withdrawal_row(withdrawal) | {
        "reference": withdrawal.end_to_end_id,
        "expires_at": withdrawal.expires_at if withdrawal.status == Status.AWAITING_STEP_UP else None,
        "arrives_on": receipt.arrives_on.isoformat() if receipt.arrives_on else None,
        "review": _review(receipt),
        "question": _question(receipt),
        "explanation": _explanation(receipt),
        "returned": _returned(receipt),
        "arrived_minor": withdrawal.booked_minor,
        "timeline": [_step(step) for step in receipt.steps],
        "next_action": next_action(waits) if waits is not None else None,
    }


def _review(receipt: Receipt) -> dict[str, Any] | None:
    if not receipt.review:
        return None
    return {"reason": receipt.review, "expected_by": receipt.withdrawal.review_due_at}


def _question(receipt: Receipt) -> dict[str, Any] | None:
    asked = receipt.question
    return {"text": asked.question, "asked_at": asked.asked_at} if asked is not None else None


def _explanation(receipt: Receipt) -> dict[str, Any] | None:
    if receipt.reason is None:
        return None
    return {
        "title": str(receipt.reason.title),
        "next_step": str(receipt.reason.next_step),
        "note": receipt.withdrawal.reason_note or None,
    }


def _returned(receipt: Receipt) -> dict[str, Any] | None:
    back, total = receipt.came_back, receipt.returned
    if back is None or total is None:
        return None
    return {
        "amount_minor": total.amount_minor,
        "fee_returned": back.fee_returned,
        "reason": back.reason_code,
        "returned_at": back.returned_at,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "code": step.code,
        "title": str(step.title),
        "state": step.state,
        "at": step.at,
        "on": step.on.isoformat() if step.on else None,
    }
