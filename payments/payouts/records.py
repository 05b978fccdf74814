"""The rows of a payout: locked to change, moved only along the known ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef

from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.states import BATCH_MOVES, BatchStatus
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

# One statement for a chunk: Django's bulk_update writes a CASE per row and column, which took most of a payout run.
_SAVE_ITEMS = """
UPDATE payments_payoutitem AS item
   SET outcome = said.outcome, reason = said.reason, bank_reference = said.bank_reference,
       booked_on = said.booked_on, notice_id = said.notice, statement_id = said.statement
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::date[], %s::uuid[], %s::uuid[])
       AS said (id, outcome, reason, bank_reference, booked_on, notice, statement)
 WHERE item.id = said.id
"""


def lock_batch(batch_id: UUID) -> PayoutBatch:
    """The batch, locked until the transaction ends; its file stays in the database."""
    db.transaction_required()
    return PayoutBatch.objects.select_for_update().defer("file").get(pk=batch_id)


def may_move(batch: PayoutBatch, to: BatchStatus) -> bool:
    """Whether this is one of the known moves."""
    return to in BATCH_MOVES[batch.status]


def note_reported(*, at: datetime) -> int:
    """A file has its answer once the bank has spoken of every payment in it, by whatever message; returns how many."""
    silent = PayoutItem.objects.filter(batch=OuterRef("pk"), outcome="", booked_on__isnull=True)
    return PayoutBatch.objects.filter(~Exists(silent), reported_at__isnull=True).update(reported_at=at)


def lock_items(end_to_end_ids: Iterable[str]) -> dict[str, PayoutItem]:
    """Our payments among these, locked in one order so that two messages never wait for each other."""
    db.transaction_required()
    rows = PayoutItem.objects.select_for_update(of=("self",)).select_related("batch").defer("batch__file")
    wanted = rows.filter(end_to_end_id__in=[one for one in end_to_end_ids if one])
    return {item.end_to_end_id: item for item in wanted.order_by("id")}


def save_items(items: Collection[PayoutItem]) -> None:
    """Writes what the bank said about locked payments: outcome, reason, reference, booking and where it was told."""
    db.transaction_required()
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE_ITEMS,
            [
                [item.pk for item in items],
                [item.outcome for item in items],
                [item.reason for item in items],
                [item.bank_reference for item in items],
                [item.booked_on for item in items],
                [item.notice_id for item in items],
                [item.statement_id for item in items],
            ],
        )
