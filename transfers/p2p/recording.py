"""Writing a transfer and its moves: the row, the event and the payee's counter in one statement each.

The usual path of a payment has nine statements in all; three of them would be here if Django wrote them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from transfers.p2p.models import CREATED, Status, Transfer, TransferEvent
from transfers.p2p.policy import require_move
from wallet_project.lib import db, ids, rows

if TYPE_CHECKING:
    from datetime import datetime

_EVENT_COLUMNS = '"id", "transfer_id", "from_status", "to_status", "actor", "cause", "occurred_at"'

_CHANGING = (
    "status",
    "reason",
    "authority_kind",
    "authority_reference",
    "updated_at",
    "completed_at",
)
"""What a move may change; the database refuses a change of anything else."""

# Of two requests with one key the second waits here for the first and then inserts nothing. The payee's counter goes
# up with the money, so "first time" and "paid 3 times" are never asked of the transfers.
_INSERT = f"""
WITH made AS (
  INSERT INTO transfers_transfer ({rows.columns(Transfer)}) VALUES ({rows.placeholders(Transfer)})
  ON CONFLICT (sender_id, idempotency_key) DO NOTHING
  RETURNING id, status, payee_id, completed_at
), moved AS (
  INSERT INTO transfers_transferevent ({_EVENT_COLUMNS})
  SELECT %s, made.id, '{CREATED}', made.status, %s, %s, %s FROM made
), paid AS (
  UPDATE transfers_payee AS payee
  SET paid_count = payee.paid_count + 1, first_paid_at = COALESCE(payee.first_paid_at, made.completed_at),
      last_paid_at = made.completed_at, hidden_at = NULL
  FROM made WHERE payee.id = made.payee_id AND made.status = '{Status.COMPLETED}'
)
SELECT count(*) FROM made
"""  # noqa: S608  # column names of our own models

_COUNT_PAYMENT = """
UPDATE transfers_payee
SET paid_count = paid_count + 1, first_paid_at = COALESCE(first_paid_at, %s), last_paid_at = %s, hidden_at = NULL
WHERE id = %s
"""


def insert(transfer: Transfer, *, actor: str, cause: str, at: datetime) -> bool:
    """Writes a new transfer with its first event; False when its (sender, key) exists already.

    A twin that is still running is waited for. Requires a transaction.
    """
    db.transaction_required()
    event: list[Any] = [ids.derive(transfer.pk, f"event:{transfer.status}"), actor, cause, at]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*rows.values(transfer), *event])
        (made,) = cursor.fetchone()
    return bool(made)


def move(transfer: Transfer, *path: Status, actor: str, cause: str, at: datetime) -> None:
    """Takes a locked transfer along ``path`` and writes one event per step; other changed columns are saved with it.

    Raises StateConflict when a step is not in the table of moves. Requires a transaction.
    """
    db.transaction_required()
    events = []
    for after in path:
        require_move(transfer.status, after)
        events.append(
            TransferEvent(
                id=ids.derive(transfer.pk, f"event:{after}"),
                transfer=transfer,
                from_status=transfer.status,
                to_status=after,
                actor=actor,
                cause=cause,
                occurred_at=at,
            )
        )
        transfer.status = after
    transfer.updated_at = at
    transfer.save(update_fields=_CHANGING)
    TransferEvent.objects.bulk_create(events)
    if transfer.status == Status.COMPLETED:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_PAYMENT, [at, at, transfer.payee_id])
