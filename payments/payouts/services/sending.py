"""Handing a file in: once. What the bank's answer means for the file and for the withdrawals in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.banking import services as banking
from payments.payouts import policy
from payments.payouts.models import PayoutBatch
from payments.payouts.records import lock_batch, may_move
from payments.payouts.states import BatchStatus, ItemOutcome
from payments.providers.bank.client import BankOverHttp
from payments.providers.bank.facts import DUPLICATE
from payments.providers.base import Refused, Retryable, Unknown
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.providers.bank.client import BankRail

BANK: BankRail = BankOverHttp()


def send_due(*, at: datetime, limit: int = policy.BATCHES_PER_RUN) -> int:
    """Hands in the files that are due; returns how many were tried. Each is claimed alone, just before."""
    tried = 0
    while tried < limit:
        batch = _claim(at=at)
        if batch is None:
            break
        if batch.status == BatchStatus.SENDING:
            _send(batch, at=at)
        tried += 1
    return tried


def _claim(*, at: datetime) -> PayoutBatch | None:
    """SENDING is committed before the file leaves: whoever finds it later knows that it may have.

    A file of which the bank has spoken is at the bank, whatever we believed: it does not leave, it is asked about.
    """
    with db.transaction():
        due = PayoutBatch.objects.select_for_update(skip_locked=True).filter(status=BatchStatus.PREPARED.value)
        batch = due.filter(next_try_at__lte=at).order_by("next_try_at", "id").first()
        if batch is None:
            return None
        batch.status, batch.sending_at, batch.attempts = BatchStatus.SENDING.value, at, batch.attempts + 1
        batch.save(update_fields=["status", "sending_at", "attempts"])
        if bank_has_spoken(batch):
            _now_unknown(batch, cause=policy.BANK_SPOKE_CAUSE, at=at)
            return batch
    failpoint("payout.sending")
    return batch


def _send(batch: PayoutBatch, *, at: datetime) -> None:
    try:
        BANK.send(message_id=batch.message_id, file=batch.file.encode())
    except Retryable as answer:
        put_back(batch.pk, cause=answer.code, at=at)
    except Refused as answer:
        if answer.code in DUPLICATE:
            # The bank has a file of this name: ours, from an attempt whose answer was lost. It is asked, not told.
            become_unknown(batch.pk, cause=policy.DUPLICATE_CAUSE, at=at)
        else:
            become_refused(batch.pk, reason=answer.code, at=at)
    except Unknown as answer:
        become_unknown(batch.pk, cause=answer.code, at=at)
    else:
        failpoint("payout.sent")
        become_answered(batch.pk, at=at)


def put_back(batch_id: UUID, *, cause: str, at: datetime) -> bool:
    """The bank surely has nothing: the same bytes are handed in again later. True if this moved the batch.

    Unless the bank has spoken of its payments: then it contradicts itself, and the file becomes UNKNOWN.
    """
    with db.transaction():
        batch = lock_batch(batch_id)
        if not may_move(batch, BatchStatus.PREPARED):
            return False
        if bank_has_spoken(batch):
            _now_unknown(batch, cause=policy.BANK_SPOKE_CAUSE, at=at)
            return True
        batch.status, batch.cause = BatchStatus.PREPARED.value, cause[:60]
        batch.next_try_at, batch.next_ask_at = at + policy.try_again_in(batch.attempts), None
        batch.save(update_fields=["status", "cause", "next_try_at", "next_ask_at"])
    return True


def become_answered(batch_id: UUID, *, at: datetime) -> bool:
    """The bank has the file. Its payments stay as they are until the bank speaks of each."""
    with db.transaction():
        batch = lock_batch(batch_id)
        if not may_move(batch, BatchStatus.ANSWERED):
            return False
        batch.status, batch.answered_at, batch.cause = BatchStatus.ANSWERED.value, at, ""
        batch.next_ask_at = at if batch.unknown_at else None
        batch.save(update_fields=["status", "answered_at", "cause", "next_ask_at"])
    return True


def become_unknown(batch_id: UUID, *, cause: str, at: datetime) -> bool:
    """The bank may have the file: never sent again, nothing released."""
    with db.transaction():
        batch = lock_batch(batch_id)
        if not may_move(batch, BatchStatus.UNKNOWN):
            return False
        _now_unknown(batch, cause=cause, at=at)
    return True


def _now_unknown(batch: PayoutBatch, *, cause: str, at: datetime) -> None:
    batch.status, batch.cause, batch.unknown_at = BatchStatus.UNKNOWN.value, cause[:60], at
    batch.next_ask_at = at + policy.ASK_EVERY
    batch.save(update_fields=["status", "cause", "unknown_at", "next_ask_at"])
    banking.mark_unknown(withdrawal_ids=_open_withdrawals(batch), cause=cause, at=at)


def become_refused(batch_id: UUID, *, reason: str, at: datetime) -> bool:
    """The bank will pay nothing of the file: every withdrawal in it that is open fails and its hold is released."""
    with db.transaction():
        batch = lock_batch(batch_id)
        if not may_move(batch, BatchStatus.REFUSED):
            return False
        batch.status, batch.cause, batch.answered_at = BatchStatus.REFUSED.value, reason[:60], at
        batch.reported_at, batch.next_ask_at = batch.reported_at or at, None
        batch.save(update_fields=["status", "cause", "answered_at", "reported_at", "next_ask_at"])
        withdrawals = _open_withdrawals(batch)
        batch.items.filter(outcome="", booked_on__isnull=True).update(
            outcome=ItemOutcome.REJECTED.value, reason=reason[:35]
        )
        banking.mark_failed(items=[(withdrawal_id, reason) for withdrawal_id in withdrawals], at=at)
    return True


def bank_has_spoken(batch: PayoutBatch) -> bool:
    """Whether the bank has said anything about a payment of the file: then it has the file."""
    return batch.items.exclude(outcome="", booked_on__isnull=True).exists()


def _open_withdrawals(batch: PayoutBatch) -> list[UUID]:
    """The withdrawals of the file about which the bank has said nothing."""
    open_items = batch.items.select_for_update().filter(outcome="", booked_on__isnull=True)
    return list(open_items.order_by("id").values_list("withdrawal_id", flat=True))
