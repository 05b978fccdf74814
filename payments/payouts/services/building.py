"""One file from what is approved. When it is committed, nobody can cancel any more, and nothing has left yet."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from payments.banking import services as banking
from payments.payouts import policy
from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.states import BatchStatus
from payments.providers.bank import pain001
from payments.providers.bank.client import our_account
from payments.providers.bank.facts import Debtor, Payment, PaymentFile
from wallet_project.lib import db, ids
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.banking.services import Payout

INSERT_CHUNK = 1_000


def build_batch(*, at: datetime, limit: int = policy.FILE_PAYMENTS_MAX) -> PayoutBatch | None:
    """Puts up to ``limit`` approved withdrawals into a file and moves them to SUBMITTED; None when there are none.

    One transaction: rows, file and states commit together or not at all. A payment whose details no bank can read
    fails alone instead of spoiling the file.
    """
    with db.transaction():
        approved = banking.lock_approved(limit=limit, at=at)
        payable: list[Payout] = []
        spoilt: list[Payout] = []
        for payout in approved:
            (payable if pain001.is_writable(_payment(payout)) else spoilt).append(payout)
        batch = _write(payable, at=at) if payable else None
        _fail_unwritable(spoilt, at=at)
    failpoint("payout.built")
    return batch


def _write(payouts: list[Payout], *, at: datetime) -> PayoutBatch:
    account = our_account()
    batch_id = ids.uuid7(at)
    file = PaymentFile(
        message_id=_message_id(batch_id),
        debtor=Debtor(account.holder, account.iban, account.bic),
        payments=[_payment(payout) for payout in payouts],
        created_at=at,
        execute_on=policy.execution_day(at),
    )
    written = pain001.write(file)
    batch = PayoutBatch.objects.create(
        id=batch_id,
        message_id=file.message_id,
        currency=pain001.CURRENCY,
        count=len(payouts),
        total_minor=sum(payout.amount.amount_minor for payout in payouts),
        status=BatchStatus.PREPARED.value,
        file=written.decode(),
        file_sha256=hashlib.sha256(written).hexdigest(),
        created_at=at,
        next_try_at=at,
    )
    items = [
        PayoutItem(
            id=ids.uuid7(at),
            batch=batch,
            withdrawal_id=payout.withdrawal_id,
            end_to_end_id=payout.end_to_end_id,
            amount_minor=payout.amount.amount_minor,
            currency=payout.amount.currency,
            execute_on=file.execute_on,
        )
        for payout in payouts
    ]
    PayoutItem.objects.bulk_create(items, batch_size=INSERT_CHUNK)
    banking.mark_submitted(
        withdrawal_ids=[payout.withdrawal_id for payout in payouts], reference=file.message_id, at=at
    )
    return batch


def _fail_unwritable(payouts: list[Payout], *, at: datetime) -> None:
    if not payouts:
        return
    banking.mark_submitted(withdrawal_ids=[payout.withdrawal_id for payout in payouts], reference="", at=at)
    banking.mark_failed(items=[(payout.withdrawal_id, policy.UNWRITABLE_REASON) for payout in payouts], at=at)


def _message_id(batch_id: UUID) -> str:
    """26 letters and digits; the same for the same batch."""
    return ids.public("pay", batch_id).partition("_")[2]


def _payment(payout: Payout) -> Payment:
    return Payment(
        end_to_end_id=payout.end_to_end_id,
        amount=payout.amount,
        iban=payout.iban,
        bic=payout.bic,
        holder_name=payout.holder_name,
        remittance=payout.remittance,
    )
