"""Ask for a withdrawal: amount and fee are held at once, and wait for the person's confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import OperationalError

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.identity.models import User
from accounts.limits import services as limits
from accounts.mfa.selectors import has_reduced_limits
from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.errors import AccountFrozen, CurrencyMismatch
from payments.banking import events, policy, postings, records, selectors
from payments.banking.errors import RequestInProgress
from payments.banking.feed import withdrawal_item
from payments.banking.states import WithdrawalStatus
from wallet_project.lib import db
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.stepup.models import Challenge
    from ledger.money import Money
    from payments.banking.models import Withdrawal
    from wallet_project.lib.origin import Origin

_BUSY = frozenset({"55P03", "40P01", "40001"})
"""Lock not available, deadlock, serialisation failure: nothing happened; the same key may be tried again."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A withdrawal as it is now, and the confirmation it waits for, if any."""

    withdrawal: Withdrawal
    challenge: Challenge | None = None
    replayed: bool = False


def request_withdrawal(
    *, user: User, bank_account_id: UUID, amount: Money, idempotency_key: str, origin: Origin, at: datetime
) -> Requested:
    """Holds ``amount`` and the fee for a withdrawal to one of the person's accounts until they confirm it.

    The same key with the same request gives the same withdrawal, as it is now, with its open challenge; a twin that
    still runs is waited for. Refusals leave no row and may be tried again with their key: IdempotencyKeyReused,
    NotFound (account), AccountFrozen, BankAccountNotUsable, CurrencyMismatch, AmountTooSmall, OverLimit, PinRequired,
    PinLocked, PinResetRequired, InsufficientFunds, RequestInProgress.
    """
    fingerprint = policy.fingerprint(bank_account_id=bank_account_id, amount=amount)
    try:
        with db.transaction():
            earlier = selectors.by_key(user_id=user.pk, idempotency_key=idempotency_key)
            if earlier is not None:
                return _replayed(earlier, fingerprint)
            withdrawal = _new(user, bank_account_id, amount, idempotency_key, fingerprint, at)
            if not records.insert(withdrawal, actor=f"person:{user.pk}", at=at):
                return _replayed(selectors.by_key(user_id=user.pk, idempotency_key=idempotency_key), fingerprint)
            return _hold(withdrawal, origin=origin, at=at)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in _BUSY:
            raise RequestInProgress from error
        raise


def _new(user: User, account_id: UUID, amount: Money, key: str, fingerprint: str, at: datetime) -> Withdrawal:
    now = User.objects.select_related("pin_device").get(pk=user.pk)
    if now.state != User.State.ACTIVE:  # perhaps frozen since they signed in
        raise AccountFrozen
    account = selectors.bank_account_of(user=user, account_id=account_id)
    policy.require_usable(account)
    policy.require_amount(amount)
    if amount.currency != account.currency:
        raise CurrencyMismatch(currency=amount.currency)
    return records.new_withdrawal(
        user=now,
        account=account,
        amount=amount,
        fee=policy.fee(amount),
        key=key,
        fingerprint=fingerprint,
        at=at,
    )


def _hold(withdrawal: Withdrawal, *, origin: Origin, at: datetime) -> Requested:
    user, currency = withdrawal.user, withdrawal.currency
    wallet = wallet_of(user, currency)
    if wallet is None:
        raise CurrencyMismatch(currency=currency)
    limits.check(
        user_id=user.pk,
        tier=user.tier,
        product="WITHDRAW",
        amount=policy.amount_of(withdrawal),
        at=at,
        time_zone=user.time_zone,
        reduced=has_reduced_limits(user, at=at),
    )
    challenge = stepup.open_challenge(
        user=user,
        purpose=policy.PURPOSE,
        subject_id=withdrawal.pk,
        payload=policy.payload(withdrawal, withdrawal.bank_account),
        at=at,
    )
    activity.record(withdrawal_item(withdrawal, at=at))
    requested = events.WithdrawalRequested(**events.about(withdrawal))
    publish(requested, actor=f"person:{user.pk}", subject_id=withdrawal.pk, origin=origin, at=at)
    ledger.place_hold(
        hold_id=postings.hold_id(withdrawal.pk),
        account_id=wallet.id,
        amount=policy.total_of(withdrawal),
        reason=postings.HOLD_REASON,
        expires_at=None,
        at=at,
    )
    failpoint("withdrawal.held")
    return Requested(withdrawal, challenge)


def _replayed(made: Withdrawal | None, fingerprint: str) -> Requested:
    if made is None:  # the twin was undone in the same moment
        raise RequestInProgress
    if made.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    waits = made.status == WithdrawalStatus.AWAITING_STEP_UP
    return Requested(made, open_challenge_of(made.pk) if waits else None, replayed=True)
