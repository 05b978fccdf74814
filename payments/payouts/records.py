"""The rows of a payout: locked to change, moved only along the known ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.states import BATCH_MOVES, BatchStatus
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


def lock_batch(batch_id: UUID) -> PayoutBatch:
    """The batch, locked until the transaction ends; its file stays in the database."""
    db.transaction_required()
    return PayoutBatch.objects.select_for_update().defer("file").get(pk=batch_id)


def may_move(batch: PayoutBatch, to: BatchStatus) -> bool:
    """Whether this is one of the known moves."""
    return to in BATCH_MOVES[batch.status]


def lock_items(end_to_end_ids: Iterable[str]) -> dict[str, PayoutItem]:
    """Our payments among these, locked in one order so that two messages never wait for each other."""
    db.transaction_required()
    rows = PayoutItem.objects.select_for_update(of=("self",)).select_related("batch").defer("batch__file")
    wanted = rows.filter(end_to_end_id__in=[one for one in end_to_end_ids if one])
    return {item.end_to_end_id: item for item in wanted.order_by("id")}
