"""Asking the bank about files whose answer was lost: the only way out of UNKNOWN besides the bank's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.payouts import policy
from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.records import note_reported
from payments.payouts.services import outcomes
from payments.payouts.services.sending import BANK, bank_has_spoken, become_answered, become_refused, put_back
from payments.payouts.states import BatchStatus
from payments.providers.bank.facts import PaymentAtBank, Standing
from payments.providers.base import ProviderError
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


def ask_due(*, at: datetime, limit: int = policy.BATCHES_PER_RUN) -> int:
    """Asks about files whose sender died, about unknown ones, and about payments of which the bank has not spoken: of
    files that turned up at once, of all others when the time for an answer is over.

    Returns how many files were asked about.
    """
    asked = 0
    while asked < limit:
        batch = _claim(at=at)
        if batch is None:
            break
        _ask_about(batch, at=at)
        asked += 1
    return asked


def _claim(*, at: datetime) -> PayoutBatch | None:
    with db.transaction():
        rows = PayoutBatch.objects.select_for_update(skip_locked=True).defer("file")
        batch = rows.filter(next_ask_at__lte=at).order_by("next_ask_at", "id").first()
        if batch is None:
            abandoned = rows.filter(status=BatchStatus.SENDING.value, next_ask_at__isnull=True)
            batch = abandoned.filter(sending_at__lte=at - policy.SENDING_FOR_DEAD).order_by("sending_at").first()
        if batch is None:
            silent = rows.filter(status=BatchStatus.ANSWERED.value, next_ask_at__isnull=True, reported_at__isnull=True)
            batch = silent.filter(created_at__lte=at - policy.ANSWER_WITHIN).order_by("created_at").first()
        if batch is not None:
            batch.next_ask_at = at + policy.ASK_EVERY
            batch.save(update_fields=["next_ask_at"])
    return batch


def _ask_about(batch: PayoutBatch, *, at: datetime) -> None:
    if batch.status == BatchStatus.ANSWERED:
        _ask_about_items(batch, at=at)
        return
    item = batch.items.order_by("id").first()
    if item is None:
        return
    try:
        now = BANK.ask(end_to_end_id=item.end_to_end_id, message_id=batch.message_id)
    except ProviderError:
        return
    if now.standing is not Standing.NOT_THERE:
        if become_answered(batch.pk, at=at):
            batch.refresh_from_db(fields=["status", "next_ask_at", "unknown_at"])
            if batch.unknown_at:
                _ask_about_items(batch, at=at)
        return
    if batch.status == BatchStatus.SENDING:
        # Its sender died before the bank read it. The same bytes go again; a second copy would be refused as DUPL.
        put_back(batch.pk, cause="sender_died", at=at)
    elif _surely_never_arrived(batch, at=at):
        become_refused(batch.pk, reason=policy.NEVER_ARRIVED_REASON, at=at)


def _surely_never_arrived(batch: PayoutBatch, *, at: datetime) -> bool:
    """Never for a file the bank called a duplicate or spoke about: it contradicts itself, so a person looks."""
    if batch.cause == policy.DUPLICATE_CAUSE or batch.unknown_at is None:
        return False
    if bank_has_spoken(batch):
        return False
    return at - batch.unknown_at >= policy.NEVER_ARRIVED_AFTER


def _ask_about_items(batch: PayoutBatch, *, at: datetime) -> None:
    """Payments of which the bank has not spoken, one by one, so many a run.

    While that brings something new it goes on at once; else later, and the desk's queue says that the answer is late.
    """
    open_items = PayoutItem.objects.filter(batch=batch, outcome="", booked_on__isnull=True).order_by("id")
    heard: list[tuple[str, PaymentAtBank]] = []
    for item in open_items[: policy.ASKED_PER_RUN]:
        try:
            heard.append((item.end_to_end_id, BANK.ask(end_to_end_id=item.end_to_end_id, message_id=batch.message_id)))
        except ProviderError:
            break
    before = open_items.count()
    outcomes.apply_answers(heard, at=at)
    left = open_items.count()
    if not left:
        note_reported(at=at)
    wait = policy.ASK_EVERY if batch.unknown_at else policy.ASK_LATE_EVERY
    PayoutBatch.objects.filter(pk=batch.pk).update(
        next_ask_at=at + (policy.ASK_ON if left < before else wait) if left else None
    )
