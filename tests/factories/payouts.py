"""Approved withdrawals for tests of the bank rail: rows as the banking room leaves them, many at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.activity.services import record
from accounts.wallets.selectors import wallet_of
from ledger import selectors as ledger_selectors
from ledger import services as ledger
from ledger.chart import platform_account_id
from ledger.money import Money
from payments.banking import policy
from payments.banking.feed import withdrawal_item
from payments.banking.models import BankAccount, Withdrawal, WithdrawalEvent
from payments.banking.states import BankAccountStatus, WithdrawalStatus
from tests.fakes.bank import ELSEWHERE_BIC, ELSEWHERE_IBAN
from wallet_project.lib import db, ids
from wallet_project.lib.crypto import blind_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User

FEE_MINOR = policy.FEE_MINOR["EUR"]


def bank_account(user: User, *, at: datetime, iban: str = ELSEWHERE_IBAN, bic: str = ELSEWHERE_BIC) -> BankAccount:
    """An active account that has cooled off."""
    return BankAccount.objects.create(
        user=user,
        status=BankAccountStatus.ACTIVE.value,
        currency="EUR",
        iban=iban,
        iban_index=blind_index(iban, "iban"),
        iban_last4=iban[-4:],
        country=iban[:2],
        bic=bic,
        holder_name=user.shown_name,
        last_editor=user,
        authority_kind="challenge",
        authority_reference="test",
        added_at=at - timedelta(days=9),
        confirmed_at=at - timedelta(days=9),
        changed_at=at - timedelta(days=9),
        cool_off_until=at - timedelta(days=7),
        expires_at=at - timedelta(days=9),
    )


def approved(account: BankAccount, amounts_minor: Sequence[int], *, at: datetime) -> list[Withdrawal]:
    """Withdrawals the rules approved, with their holds, events and feed rows; the wallet must have the money."""
    wallet = wallet_of(account.user, "EUR")
    assert wallet is not None
    rows = [_row(account, amount_minor, at=at) for amount_minor in amounts_minor]
    with db.transaction_if_not_already():
        Withdrawal.objects.bulk_create(rows, batch_size=1_000)
        for step, status in enumerate((WithdrawalStatus.SCREENING, WithdrawalStatus.APPROVED), 2):
            Withdrawal.objects.filter(pk__in=[row.pk for row in rows]).update(
                status=status.value, revision=step, auto_approved=status is WithdrawalStatus.APPROVED
            )
        WithdrawalEvent.objects.bulk_create([event for row in rows for event in _events(row, at)], batch_size=1_000)
        for row in rows:
            row.status = WithdrawalStatus.APPROVED.value
        record(*[withdrawal_item(row, at=at) for row in rows])
        for row in rows:
            ledger.place_hold(
                hold_id=ids.derive(row.pk, "hold"),
                account_id=wallet.id,
                amount=policy.total_of(row),
                reason="WITHDRAWAL",
                expires_at=None,
                at=at,
            )
    return rows


def _row(account: BankAccount, amount_minor: int, *, at: datetime) -> Withdrawal:
    withdrawal_id = ids.uuid7(at)
    return Withdrawal(
        id=withdrawal_id,
        user=account.user,
        bank_account=account,
        bank_account_revision=account.revision,
        idempotency_key=str(withdrawal_id),
        fingerprint="0" * 64,
        amount_minor=amount_minor,
        fee_minor=FEE_MINOR,
        currency="EUR",
        shown_target="DE•• •••• 3000",
        end_to_end_id=policy.end_to_end_id(withdrawal_id),
        status=WithdrawalStatus.AWAITING_STEP_UP.value,
        authority_kind="challenge",
        authority_reference="test",
        held_at=at,
        expires_at=at + timedelta(minutes=15),
        created_at=at,
        updated_at=at,
    )


def _events(row: Withdrawal, at: datetime) -> list[WithdrawalEvent]:
    way = ["", "AWAITING_STEP_UP", "SCREENING", "APPROVED"]
    return [
        WithdrawalEvent(
            id=ids.uuid7(at),
            withdrawal_id=row.pk,
            no=no,
            from_status=way[no - 1],
            to_status=way[no],
            actor="test",
            cause="test",
            occurred_at=at,
        )
        for no in (1, 2, 3)
    ]


@dataclass(frozen=True, slots=True)
class Books:
    """Where the money stands, in minor units: a person's wallet and ours. The bank's and clearing's signs are theirs
    in the books (credit-positive)."""

    wallet: int
    held: int
    clearing: int
    bank: int
    fees: int


def books(user: User) -> Books:
    """The books as they are now."""
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    mine = ledger_selectors.balance_now(wallet.id)
    codes = ("clearing.bank", "bank.operating", "income.fees")
    ours = [ledger_selectors.balance_now(platform_account_id(code, "EUR")).posted_minor for code in codes]
    return Books(mine.posted_minor, mine.held_minor, *ours)


def status_of(withdrawal: Withdrawal) -> str:
    """The row's state now."""
    return Withdrawal.objects.values_list("status", flat=True).get(pk=withdrawal.pk)


def statuses(withdrawals: Sequence[Withdrawal]) -> list[str]:
    """Their states now, in the order given."""
    now: dict[UUID, str] = dict(Withdrawal.objects.values_list("pk", "status"))
    return [now[withdrawal.pk] for withdrawal in withdrawals]


def money(amount_minor: int) -> Money:
    """Euros."""
    return Money(amount_minor, "EUR")
