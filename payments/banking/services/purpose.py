"""What step-up asks this room: what a confirmation is bound to, and what a person reads before giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.stepup.registry import Shown
from ledger.formatting import format_money
from ledger.money import Money
from payments.banking import policy, records, selectors
from payments.banking.details import mask_iban
from payments.banking.errors import StateConflict
from payments.banking.models import BankAccount, Withdrawal
from payments.banking.states import BankAccountStatus, WithdrawalStatus
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID


def payload_of_withdrawal(subject_id: UUID) -> dict[str, Any]:
    """The values the challenge is bound to. Raises NotFound, StateConflict when it waits no more."""
    withdrawal = _withdrawal(subject_id)
    policy.require_status(withdrawal, WithdrawalStatus.AWAITING_STEP_UP)
    return policy.payload(withdrawal, records.account_of(withdrawal))


def show_withdrawal(subject_id: UUID) -> Shown:
    """The withdrawal in words, in every state: a used confirmation leads on to its page. Raises NotFound."""
    withdrawal = _withdrawal(subject_id)
    account = records.account_of(withdrawal)
    amount = policy.amount_of(withdrawal)
    lines = [
        (_("To"), withdrawal.shown_target),
        (_("Holder"), account.holder_name),
        (_("Fee"), _shown(Money(withdrawal.fee_minor, withdrawal.currency))),
        (_("Together"), _shown(policy.total_of(withdrawal))),
        (_("Arrives"), date_format(selectors.expected_on(withdrawal), "DATE_FORMAT")),
    ]
    return Shown(
        title=_("Withdraw %(amount)s to %(account)s") % {"amount": _shown(amount), "account": withdrawal.shown_target},
        lines=lines,
        amount=amount,
        payee=withdrawal.shown_target,
        after_url=reverse("withdrawal", args=[policy.public_id(withdrawal)]),
    )


def payload_of_account(subject_id: UUID) -> dict[str, Any]:
    """The same for a new bank account."""
    account = _account(subject_id)
    if account.status != BankAccountStatus.AWAITING_STEP_UP:
        raise StateConflict(status=str(account.status))
    return policy.account_payload(account)


def show_account(subject_id: UUID) -> Shown:
    """The new bank account in words: here, before it is confirmed, its owner sees the whole IBAN once more."""
    account = _account(subject_id)
    waits = account.status == BankAccountStatus.AWAITING_STEP_UP
    iban = " ".join(account.iban[i : i + 4] for i in range(0, len(account.iban), 4)) if waits else ""
    lines = [
        (_("IBAN"), iban or mask_iban(account.iban)),
        (_("Holder"), account.holder_name),
        (_("Bank"), account.bank_name or account.bic),
    ]
    return Shown(
        title=_("Add this bank account"),
        lines=lines,
        amount=None,
        payee=mask_iban(account.iban),
        after_url=reverse("bank_account", args=[policy.account_public_id(account)]),
    )


def _shown(amount: Money) -> str:
    return format_money(amount, get_language() or "en")


def _withdrawal(withdrawal_id: UUID) -> Withdrawal:
    withdrawal = Withdrawal.objects.filter(pk=withdrawal_id).first()
    if withdrawal is None:
        raise NotFound
    return withdrawal


def _account(account_id: UUID) -> BankAccount:
    account = BankAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    return account
