"""What officers do about one payment when the bank's messages do not end it: ask now, note that it was not paid, note
what was booked instead. The rooms above decide whether they may; here the payment and its file follow.

Who locks: file, payment, withdrawal, in the order of everybody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.banking import services as banking
from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.records import lock_batch, may_move, note_reported
from payments.payouts.services import outcomes
from payments.payouts.services.sending import BANK
from payments.payouts.states import BatchStatus, ItemOutcome
from payments.providers.bank.client import NOT_DECIDED
from payments.providers.bank.facts import Standing
from payments.providers.base import ProviderError
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from payments.payouts.models import BankMessage

NOT_PAID_REASON = "not_paid"
"""Two officers found that the bank never carried it out."""


def item_of(withdrawal_id: UUID) -> PayoutItem:
    """The payment of a withdrawal, with both rows beside it. Raises NotFound for one that never left."""
    rows = PayoutItem.objects.select_related("batch", "withdrawal").defer("batch__file")
    item = rows.filter(withdrawal_id=withdrawal_id).first()
    if item is None:
        raise NotFound
    return item


def lock_payment(withdrawal_id: UUID) -> PayoutItem:
    """The same, with file, payment and withdrawal locked until the transaction ends. Raises NotFound."""
    batch_id = PayoutItem.objects.filter(withdrawal_id=withdrawal_id).values_list("batch_id", flat=True).first()
    if batch_id is None:
        raise NotFound
    lock_batch(batch_id)
    PayoutItem.objects.select_for_update().get(withdrawal_id=withdrawal_id)
    banking.lock_for_approval(withdrawal_id)
    return item_of(withdrawal_id)


def ask_now(*, withdrawal_id: UUID, at: datetime) -> Standing | None:
    """Asks the bank about one payment and keeps its answer; None when there is none. Outside any transaction.

    What the bank knows is followed at once, as when it is asked by a job. A payment it has and has not decided about
    moves nothing, and counts as one it took. Raises NotFound.
    """
    item = item_of(withdrawal_id)
    try:
        now = BANK.ask(end_to_end_id=item.end_to_end_id, message_id=item.batch.message_id)
    except ProviderError as answer:
        has_it = answer.code == NOT_DECIDED
        said = Standing.ACCEPTED.value if has_it else ""
        PayoutItem.objects.filter(pk=item.pk).update(asked_at=at, answer=said)
        return None
    PayoutItem.objects.filter(pk=item.pk).update(asked_at=at, answer=now.standing.value)
    if now.standing is not Standing.NOT_THERE:
        outcomes.apply_answers([(item.end_to_end_id, now)], at=at)
        note_reported(at=at)
    return now.standing


def note_not_paid(item: PayoutItem, *, actor: str, at: datetime) -> None:
    """The payment counts as refused: its withdrawal FAILED and everything released. Requires ``lock_payment``.

    It is in its file for ever, so it can never be sent again. A file whose last payment this was has its answer.
    """
    db.transaction_required()
    item.outcome, item.reason = ItemOutcome.REJECTED.value, NOT_PAID_REASON
    item.save(update_fields=["outcome", "reason"])
    _end_file(item.batch_id, at=at)
    banking.mark_failed(items=[(item.withdrawal_id, NOT_PAID_REASON)], actor=actor, at=at)


def note_booked_otherwise(item: PayoutItem, *, statement: BankMessage, day: date, at: datetime) -> None:
    """The bank has booked it, with another amount: nothing more is expected of it. Requires ``lock_payment``.

    A file whose last payment this was has its answer.
    """
    db.transaction_required()
    item.outcome = item.outcome or ItemOutcome.ACCEPTED.value
    item.booked_on, item.statement = item.booked_on or day, item.statement or statement
    item.save(update_fields=["outcome", "booked_on", "statement"])
    _end_file(item.batch_id, at=at)


def _end_file(batch_id: UUID, *, at: datetime) -> None:
    """Nothing of the file is open any more: nobody asks for it again."""
    batch = PayoutBatch.objects.defer("file").get(pk=batch_id)
    if batch.items.filter(outcome="", booked_on__isnull=True).exists():
        return
    paid = batch.items.exclude(outcome=ItemOutcome.REJECTED.value, booked_on__isnull=True).exists()
    status = BatchStatus.ANSWERED if paid else BatchStatus.REFUSED
    if may_move(batch, status):
        batch.status, batch.answered_at = status.value, batch.answered_at or at
        batch.cause = "" if paid else NOT_PAID_REASON
    batch.next_ask_at, batch.reported_at = None, batch.reported_at or at
    batch.save(update_fields=["status", "answered_at", "cause", "next_ask_at", "reported_at"])
