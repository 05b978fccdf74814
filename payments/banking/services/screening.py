"""Look at a withdrawal by the rules: gather the facts, evaluate the conditions, write down what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max

from accounts.audit.selectors import events_of
from accounts.identity.events import ContactVerified, PasswordChanged
from accounts.jurisdictions.rates import in_euro_cents
from accounts.limits.selectors import used_minor
from accounts.mfa.selectors import has_reduced_limits
from accounts.wallets.selectors import balances_of, wallet_of
from ledger.selectors import open_hold_ids
from payments.banking import policy, selectors
from payments.banking.conditions import Condition, Facts, evaluate
from payments.banking.details import names_match
from payments.banking.models import WithdrawalCondition
from payments.banking.postings import hold_id
from payments.banking.states import BankAccountStatus
from payments.funding.selectors import credited_since
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User
    from payments.banking.models import BankAccount, Withdrawal


def screen(withdrawal: Withdrawal, *, account: BankAccount, at: datetime) -> tuple[Condition, ...]:
    """Evaluates every condition of a locked withdrawal now. Nothing is written."""
    db.transaction_required()
    user = type(withdrawal.user).objects.select_related("pin_device").get(pk=withdrawal.user_id)
    return evaluate(_facts(withdrawal, account, user, at=at))


def write_down(withdrawal: Withdrawal, *, conditions: tuple[Condition, ...], at: datetime) -> int:
    """Keeps what was found as the next screening of the withdrawal; returns its number."""
    db.transaction_required()
    last = WithdrawalCondition.objects.filter(withdrawal=withdrawal).aggregate(last=Max("screening_no"))["last"] or 0
    WithdrawalCondition.objects.bulk_create(
        WithdrawalCondition(
            id=ids.uuid7(at),
            withdrawal=withdrawal,
            screening_no=last + 1,
            code=condition.code,
            passed=condition.passed,
            details=dict(condition.details),
            checked_at=at,
        )
        for condition in conditions
    )
    return int(last) + 1


def _facts(withdrawal: Withdrawal, account: BankAccount, user: User, *, at: datetime) -> Facts:
    currency = withdrawal.currency
    balances = {balance.currency: balance for balance in balances_of(user, at=at)}
    wallet = wallet_of(user, currency)
    card_minor = credited_since(user.pk, currency=currency, since=at - policy.CARD_WINDOW)
    return Facts(
        is_person_active=user.state == user.State.ACTIVE,
        is_wallet_open=wallet is not None and wallet.takes_debits,
        has_verified_contact=user.verified_at is not None and user.has_verified_contact,
        tier=user.tier,
        amount_euro_cents=in_euro_cents(withdrawal.amount_minor, currency),
        day_euro_cents=used_minor(user.pk, "WITHDRAW", at=withdrawal.created_at, time_zone=user.time_zone),
        has_cooled_off=account.cool_off_until is not None and account.cool_off_until <= at,
        do_names_match=names_match(account.holder_name, user.shown_name),
        others_with_account=selectors.others_with_account(account),
        maturing_minor=balances[currency].maturing_minor if currency in balances else 0,
        card_money_euro_cents=in_euro_cents(card_minor, currency),
        owed_minor=sum(balance.owed_minor for balance in balances.values()),
        has_reduced_limits=has_reduced_limits(user, at=at),
        security_changes=_security_changes(user, at=at),
        is_hold_open=hold_id(withdrawal.pk) in open_hold_ids([hold_id(withdrawal.pk)]),
        is_account_unchanged=_is_unchanged(withdrawal, account),
    )


def _is_unchanged(withdrawal: Withdrawal, account: BankAccount) -> bool:
    """The account is what it was when the person confirmed; one they removed since stays the target."""
    known = account.status in (BankAccountStatus.ACTIVE, BankAccountStatus.REMOVED)
    return known and account.revision == withdrawal.bank_account_revision


def _security_changes(user: User, *, at: datetime) -> int:
    """How often a contact was added or changed, or the password reset by a code, in the last day."""
    recent = events_of(user.pk).filter(
        name__in=[ContactVerified.name, PasswordChanged.name], occurred_at__gt=at - policy.SECURITY_WINDOW
    )
    return sum(event.name == ContactVerified.name or event.payload["how"] != "changed" for event in recent)
