"""Hand approved withdrawals to the rail: lock them, look once more, and give what the bank is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.wallets.policy import CODE
from ledger.money import Money
from ledger.selectors import accounts_for_owners, open_hold_ids
from payments.banking import records
from payments.banking.models import BankAccount, Withdrawal
from payments.banking.postings import hold_id
from payments.banking.services.recheck import back_to_review
from payments.banking.services.screening import screen
from payments.banking.states import BankAccountStatus
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

ACTOR = "worker"
BANK = "provider:bank"


@dataclass(frozen=True, slots=True)
class Payout:
    """What the bank is told about one withdrawal. ``end_to_end_id`` finds it again in everything the bank says."""

    withdrawal_id: UUID
    end_to_end_id: str
    amount: Money
    iban: str
    bic: str
    holder_name: str
    remittance: str


def lock_approved(*, limit: int, at: datetime) -> list[Payout]:
    """The oldest APPROVED withdrawals, locked (rows somebody else has are skipped) and looked at once more.

    Whose person is not active, whose wallet is frozen, whose hold is gone or whose account was changed since goes
    back UNDER_REVIEW and is left out. Requires the caller's transaction, which moves the rest to SUBMITTED.
    """
    db.transaction_required()
    approved = Withdrawal.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
    rows = list(approved.filter(status=Status.APPROVED.value).order_by("created_at", "id")[:limit])
    accounts = BankAccount.objects.in_bulk({row.bank_account_id for row in rows})
    sound = _sound(rows, accounts)
    for row in rows:
        if row.pk not in sound:
            account = accounts[row.bank_account_id]
            found = screen(row, account=account, at=at)
            back_to_review(row, account=account, found=found, actor=ACTOR, cause="recheck_failed", origin=WORKER, at=at)
    return [_payout(row, accounts[row.bank_account_id]) for row in rows if row.pk in sound]


def _sound(rows: Sequence[Withdrawal], accounts: dict[UUID, BankAccount]) -> set[UUID]:
    """Which may go, by three questions for all of them; the users came with the rows, read after they were locked."""
    open_holds = open_hold_ids([hold_id(row.pk) for row in rows])
    wallets = {
        currency: accounts_for_owners(
            owner_ids=list({row.user_id for row in rows if row.currency == currency}), code=CODE, currency=currency
        )
        for currency in {row.currency for row in rows}
    }
    sound = set()
    for row in rows:
        account, wallet = accounts[row.bank_account_id], wallets[row.currency].get(row.user_id)
        if (
            row.user.state == row.user.State.ACTIVE
            and wallet is not None
            and wallet.takes_debits
            and hold_id(row.pk) in open_holds
            and account.status in (BankAccountStatus.ACTIVE, BankAccountStatus.REMOVED)
            and account.revision == row.bank_account_revision
        ):
            sound.add(row.pk)
    return sound


def _payout(withdrawal: Withdrawal, account: BankAccount) -> Payout:
    return Payout(
        withdrawal_id=withdrawal.pk,
        end_to_end_id=withdrawal.end_to_end_id,
        amount=Money(withdrawal.amount_minor, withdrawal.currency),
        iban=account.iban,
        bic=account.bic,
        holder_name=account.holder_name,
        remittance=f"Withdrawal {withdrawal.end_to_end_id.upper()}",
    )


def mark_submitted(*, withdrawal_ids: Collection[UUID], reference: str, at: datetime) -> list[UUID]:
    """APPROVED → SUBMITTED under the file's ``reference``; returns those that moved. Requires the transaction that
    writes the file, which commits before the file leaves."""
    rows = records.lock_many(withdrawal_ids, in_status=[Status.APPROVED.value])
    references = {row.pk: reference for row in rows}
    return _move(rows, Status.SUBMITTED, actor=ACTOR, cause="file", references=references, at=at)


def mark_unknown(*, withdrawal_ids: Collection[UUID], cause: str, at: datetime) -> list[UUID]:
    """SUBMITTED → UNKNOWN: the bank may or may not have the file. Nothing is sent again and nothing released; a
    statement or an answer decides. Returns those that moved. Requires the caller's transaction."""
    rows = records.lock_many(withdrawal_ids, in_status=[Status.SUBMITTED.value])
    return _move(rows, Status.UNKNOWN, actor=ACTOR, cause=cause, references={}, at=at)


def _move(
    rows: Sequence[Withdrawal], to: Status, *, actor: str, cause: str, references: dict[UUID, str], at: datetime
) -> list[UUID]:
    records.move_many(rows, to, actor=actor, cause=cause, references=references, at=at)
    moved = [row.pk for row in rows]
    if moved:
        activity.change_states(subject_ids=moved, state=to.value, at=at)
    return moved
