"""Questions about bank accounts and withdrawals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from accounts.jurisdictions.rates import in_euro_cents
from accounts.limits.selectors import used_minor
from payments.banking import policy
from payments.banking.conditions import CODES
from payments.banking.models import BankAccount, Withdrawal, WithdrawalCondition
from payments.banking.states import IN_REVIEW, LIVE_ACCOUNT, BankAccountStatus, WithdrawalStatus
from wallet_project.lib.api import moment_of
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from accounts.identity.models import User
    from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Terms:
    """What a withdrawal would cost and when it would arrive, before anything is asked for."""

    fee: Money
    total: Money
    arrives_on: date
    likely_review: bool


def bank_account_of(*, user: User, account_id: UUID) -> BankAccount:
    """The person's own account, also a removed one. Raises NotFound, also for somebody else's."""
    found = BankAccount.objects.filter(pk=account_id, user=user).first()
    if found is None:
        raise NotFound
    return found


def bank_accounts_of(user: User) -> list[BankAccount]:
    """Accounts in use and those that wait for their confirmation, newest first."""
    live = [status.value for status in LIVE_ACCOUNT]
    return list(BankAccount.objects.filter(user=user, status__in=live).order_by("-added_at", "-id"))


def usable_accounts_of(user: User) -> list[BankAccount]:
    """Accounts money can go to, newest first."""
    rows = BankAccount.objects.filter(user=user, status=BankAccountStatus.ACTIVE.value)
    return list(rows.order_by("-added_at", "-id"))


def others_with_account(account: BankAccount) -> int:
    """How many other people have the same account in use."""
    shared = BankAccount.objects.filter(iban_index=account.iban_index, status=BankAccountStatus.ACTIVE.value)
    return shared.exclude(user_id=account.user_id).count()


def withdrawal_of(*, user: User, withdrawal_id: UUID) -> Withdrawal:
    """The person's own withdrawal. Raises NotFound, also for somebody else's."""
    found = Withdrawal.objects.filter(pk=withdrawal_id, user=user).first()
    if found is None:
        raise NotFound
    return found


def by_key(*, user_id: UUID, idempotency_key: str) -> Withdrawal | None:
    """The person's withdrawal made under this key."""
    return Withdrawal.objects.filter(user_id=user_id, idempotency_key=idempotency_key).first()


def withdrawals_of(
    user: User, *, after: Mapping[str, Any] | None = None, size: int = 20
) -> tuple[list[Withdrawal], dict[str, str] | None]:
    """A page of the person's withdrawals, newest first, and where the next begins (None at the end).

    ``after`` is such a position; another raises Invalid.
    """
    rows = Withdrawal.objects.filter(user=user)
    if after is not None:
        rows = rows.filter(_older_than(after))
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], {"at": last.created_at.isoformat(), "id": str(last.pk)}


def _older_than(position: Mapping[str, Any]) -> Q:
    at = moment_of(position)
    try:
        row_id = UUID(position["id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error
    return Q(created_at__lt=at) | Q(created_at=at, id__lt=row_id)


def terms(
    *, user: User, amount: Money, at: datetime, account: BankAccount | None = None, requested: bool = False
) -> Terms:
    """Fee, total, day of arrival, and whether a person will probably look: by sum, by day, or because ``account``
    (else every account of the person) still cools off. ``requested``: the day's sum has this one in it already.

    Raises CurrencyMismatch where this currency cannot be withdrawn.
    """
    fee = policy.fee(amount)
    counted = in_euro_cents(amount.amount_minor, amount.currency)
    day = used_minor(user.pk, "WITHDRAW", at=at, time_zone=user.time_zone) + (0 if requested else counted)
    likely_review = (
        counted > policy.AutoCap.of(policy.AutoCap.EACH, user.tier)
        or day > policy.AutoCap.of(policy.AutoCap.DAY, user.tier)
        or _cools_off(user, account, at=at)
    )
    sent_at = policy.review_due(at) if likely_review else at
    return Terms(fee, amount + fee, policy.arrives_on(sent_at), likely_review)


def _cools_off(user: User, account: BankAccount | None, *, at: datetime) -> bool:
    if account is not None:
        return account.cool_off_until is not None and at < account.cool_off_until
    cooled = BankAccount.objects.filter(user=user, status=BankAccountStatus.ACTIVE.value, cool_off_until__lte=at)
    return not cooled.exists()


def expected_on(withdrawal: Withdrawal) -> date:
    """The day it should arrive, as the terms said while it waits for its confirmation."""
    if withdrawal.status != WithdrawalStatus.AWAITING_STEP_UP:
        return policy.expected_on(withdrawal)
    return terms(
        user=withdrawal.user,
        amount=policy.amount_of(withdrawal),
        at=withdrawal.created_at,
        account=withdrawal.bank_account,
        requested=True,
    ).arrives_on


def latest_screening(withdrawal: Withdrawal) -> list[WithdrawalCondition]:
    """What the newest screening found, in the order of evaluation; empty before the first."""
    rows = list(WithdrawalCondition.objects.filter(withdrawal=withdrawal).order_by("-screening_no"))
    newest = [row for row in rows if row.screening_no == rows[0].screening_no]
    return sorted(newest, key=lambda row: CODES.index(row.code))


def due_for_expiry(at: datetime, *, limit: int) -> list[UUID]:
    """Withdrawals whose confirmation did not come in time, oldest first."""
    waiting = Withdrawal.objects.filter(status=WithdrawalStatus.AWAITING_STEP_UP.value, expires_at__lte=at)
    return list(waiting.order_by("expires_at").values_list("pk", flat=True)[:limit])


def accounts_due_for_expiry(at: datetime, *, limit: int) -> list[UUID]:
    """Bank accounts whose confirmation did not come in time, oldest first."""
    waiting = BankAccount.objects.filter(status=BankAccountStatus.AWAITING_STEP_UP.value, expires_at__lte=at)
    return list(waiting.order_by("expires_at").values_list("pk", flat=True)[:limit])


def in_review() -> Any:
    """Every withdrawal staff have or wait for, as rows to count, filter and page; oldest first."""
    rows = Withdrawal.objects.filter(status__in=sorted(status.value for status in IN_REVIEW))
    return rows.order_by("created_at", "id")
