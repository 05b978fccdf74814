"""Bank accounts: add with a confirmation, remove, correct by an officer, and give up what nobody confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError

from accounts.audit.services import publish
from accounts.identity.models import User
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired
from accounts.stepup.registry import Outcome
from ledger.errors import AccountFrozen, CurrencyMismatch
from payments.banking import events, policy, selectors
from payments.banking.details import bank_name, clean_bic, clean_holder, clean_iban
from payments.banking.errors import (
    BankAccountExists,
    BankAccountNotUsable,
    ReasonMissing,
    StateConflict,
    TooManyBankAccounts,
)
from payments.banking.models import BankAccount, Withdrawal
from payments.banking.officers import require_officer
from payments.banking.presentation import bank_account_json
from payments.banking.records import lock, lock_account
from payments.banking.services.recheck import back_to_review
from payments.banking.services.screening import screen
from payments.banking.states import CANCELLABLE, LIVE_ACCOUNT, BankAccountStatus, WithdrawalStatus
from wallet_project.lib import db, ids
from wallet_project.lib.crypto import blind_index
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.stepup.models import Challenge
    from wallet_project.lib.origin import Origin

IBAN_INDEX = "bank_account.iban"
EXPIRE_BATCH = 200


@dataclass(frozen=True, slots=True)
class Added:
    """A new bank account, and the confirmation it waits for."""

    account: BankAccount
    challenge: Challenge


def add_bank_account(
    *, user: User, iban: str, holder_name: str, currency: str, origin: Origin, at: datetime, bic: str = ""
) -> Added:
    """Keeps a bank account that can be used once the person has confirmed it; the same one again, not yet confirmed,
    takes the place of the first.

    Without ``bic`` the public register says it. Raises AccountFrozen, IbanInvalid, BicInvalid, HolderNameInvalid,
    CurrencyMismatch, BankAccountExists, TooManyBankAccounts (``policy.ACCOUNTS_MAX``), PinRequired, PinLocked,
    PinResetRequired.
    """
    _require_active(user.pk)
    if currency not in policy.FEE_MINOR:
        raise CurrencyMismatch(currency=currency)
    clean = clean_iban(iban)
    account = BankAccount(
        id=ids.uuid7(at),
        user=user,
        status=BankAccountStatus.AWAITING_STEP_UP.value,
        currency=currency,
        iban=clean,
        iban_index=blind_index(clean, IBAN_INDEX),
        iban_last4=clean[-4:],
        country=clean[:2],
        bic=clean_bic(bic, iban=clean),
        holder_name=clean_holder(holder_name),
        last_editor=user,
        added_at=at,
        changed_at=at,
        expires_at=at + policy.CONFIRM_WITHIN,
    )
    account.bank_name = bank_name(clean, account.bic)
    try:
        with db.transaction():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once are counted one after the other
            _replace_waiting(account, at=at)
            _require_room(user.pk)
            account.save(force_insert=True)
            challenge = stepup.open_challenge(
                user=user,
                purpose=policy.ACCOUNT_PURPOSE,
                subject_id=account.pk,
                payload=policy.account_payload(account),
                at=at,
            )
    except IntegrityError as twin:
        raise BankAccountExists from twin  # another request added it in the same moment
    return Added(account, challenge)


def _replace_waiting(account: BankAccount, *, at: datetime) -> None:
    same = BankAccount.objects.select_for_update().filter(user_id=account.user_id, iban_index=account.iban_index)
    for other in same.filter(status=BankAccountStatus.ACTIVE.value):
        raise BankAccountExists(bank_account=policy.account_public_id(other))
    for other in same.filter(status=BankAccountStatus.AWAITING_STEP_UP.value):
        _expire(other, actor=f"person:{account.user_id}", cause="replaced", at=at)


def _require_room(user_id: UUID) -> None:
    live = [status.value for status in LIVE_ACCOUNT]
    if BankAccount.objects.filter(user_id=user_id, status__in=live).count() >= policy.ACCOUNTS_MAX:
        raise TooManyBankAccounts(most=policy.ACCOUNTS_MAX)


def confirm_bank_account(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """Makes a waiting account usable under its answered challenge; it cools off for 48 hours.

    Raises NotFound, ChallengeVoid, ChallengeUsed, ChallengeExpired (also after 15 minutes), StateConflict,
    AccountFrozen.
    """
    with db.transaction():
        account = lock_account(subject_id)
        authority = stepup.consume(challenge_id=challenge_id, payload=policy.account_payload(account), at=at)
        if account.status != BankAccountStatus.AWAITING_STEP_UP:
            raise StateConflict(status=str(account.status))
        if at >= account.expires_at:
            raise ChallengeExpired
        _require_active(account.user_id)
        account.status = BankAccountStatus.ACTIVE.value
        account.authority_kind, account.authority_reference = authority.kind, authority.reference
        account.confirmed_at, account.changed_at = at, at
        account.cool_off_until = at + policy.COOL_OFF
        account.save()
        added = events.BankAccountAdded(**events.about_account(account))
        publish(added, actor=f"person:{account.user_id}", subject_id=account.pk, origin=origin, at=at)
    return Outcome(resource=bank_account_json(account))


def remove_bank_account(*, user: User, account_id: UUID, origin: Origin, at: datetime) -> BankAccount:
    """Takes an account out of use; withdrawals under way keep it as their target. Twice changes nothing.

    Raises NotFound, also for somebody else's.
    """
    with db.transaction():
        account = lock_account(account_id, user=user)
        actor = f"person:{user.pk}"
        if account.status == BankAccountStatus.AWAITING_STEP_UP:
            _expire(account, actor=actor, cause="removed", at=at)
        elif account.status == BankAccountStatus.ACTIVE:
            account.status = BankAccountStatus.REMOVED.value
            account.removed_at = at
            account.save(update_fields=["status", "removed_at"])
            removed = events.BankAccountRemoved(**events.about_account(account))
            publish(removed, actor=actor, subject_id=account.pk, origin=origin, at=at)
    return account


def release_bank_account(*, subject_id: UUID, origin: Origin, at: datetime) -> BankAccount:
    """The person chose to cancel instead of confirming: what waits for that is given up; twice changes nothing.

    Raises NotFound, StateConflict once it was confirmed.
    """
    with db.transaction():
        account = lock_account(subject_id)
        if account.status == BankAccountStatus.AWAITING_STEP_UP:
            _expire(account, actor=f"person:{account.user_id}", cause="removed", at=at)
        elif account.status != BankAccountStatus.EXPIRED:
            raise StateConflict(status=str(account.status))
    return account


def correct_bank_account(
    *, by: User, account_id: UUID, holder_name: str, bic: str, reason: str, origin: Origin, at: datetime
) -> BankAccount:
    """An officer corrects holder or bank (never the IBAN): a new revision that cools off anew, and who made it
    approves nothing that goes there. What waits to be approved or sent is looked at again; the person is told.

    ``reason`` is one of ``policy.CORRECT_REASONS``. Raises NotPermitted, NotFound, BankAccountNotUsable,
    HolderNameInvalid, BicInvalid, ReasonMissing; StateConflict when nothing would change.
    """
    require_officer(by, "payments.correct_bankaccount")
    if reason not in policy.CORRECT_REASONS:
        raise ReasonMissing({"reason": "reason_missing"})
    with db.transaction():
        account = lock_account(account_id)
        if account.status not in (BankAccountStatus.ACTIVE, BankAccountStatus.REMOVED):
            raise BankAccountNotUsable
        holder, bank = clean_holder(holder_name), clean_bic(bic, iban=account.iban)
        if (holder, bank) == (account.holder_name, account.bic):
            raise StateConflict(status=str(account.status))
        account.holder_name, account.bic = holder, bank
        account.bank_name = bank_name(account.iban, bank)
        account.revision += 1
        account.last_editor = by
        account.changed_at = at
        account.cool_off_until = at + policy.COOL_OFF
        account.save()
        actor = f"staff:{by.pk}"
        corrected = events.BankAccountCorrected(**events.about_account(account), reason=reason)
        publish(corrected, actor=actor, subject_id=account.pk, origin=origin, at=at)
        _look_again(account, actor=actor, origin=origin, at=at)
    return account


def _look_again(account: BankAccount, *, actor: str, origin: Origin, at: datetime) -> None:
    """Withdrawals to a corrected account that the bank has not got yet are confirmed or reviewed anew."""
    waiting = Withdrawal.objects.filter(bank_account=account, status__in=sorted(CANCELLABLE)).order_by("pk")
    for withdrawal_id in list(waiting.values_list("pk", flat=True)):
        withdrawal = lock(withdrawal_id)
        if withdrawal.status not in CANCELLABLE:
            continue
        if withdrawal.status == WithdrawalStatus.AWAITING_STEP_UP:
            stepup.void(subject_id=withdrawal.pk, actor=actor, cause="account_corrected", at=at)
            continue
        found = screen(withdrawal, account=account, at=at)
        back_to_review(
            withdrawal, account=account, found=found, actor=actor, cause="account_corrected", origin=origin, at=at
        )


def expire_bank_accounts(*, at: datetime, limit: int = EXPIRE_BATCH) -> int:
    """Gives up accounts nobody confirmed in time, each in its own transaction; returns how many."""
    db.refuse_in_transaction()
    ended = 0
    for account_id in selectors.accounts_due_for_expiry(at, limit=limit):
        with db.transaction():
            waiting = BankAccount.objects.select_for_update(skip_locked=True, of=("self",))
            account = waiting.filter(pk=account_id, status=BankAccountStatus.AWAITING_STEP_UP.value).first()
            if account is not None and account.expires_at <= at:
                _expire(account, actor=WORKER.channel, cause="time", at=at)
                ended += 1
    return ended


def _expire(account: BankAccount, *, actor: str, cause: str, at: datetime) -> None:
    account.status = BankAccountStatus.EXPIRED.value
    account.save(update_fields=["status"])
    stepup.void(subject_id=account.pk, actor=actor, cause=cause, at=at)


def _require_active(user_id: UUID) -> None:
    if not User.objects.filter(pk=user_id, state=User.State.ACTIVE).exists():
        raise AccountFrozen
