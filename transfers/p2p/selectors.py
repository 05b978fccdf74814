"""Questions about transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Min, Q

from accounts.identity.models import User
from transfers.p2p.models import Status, Transfer
from wallet_project.lib.crypto import unseal
from wallet_project.lib.desk import Waiting
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Situation:
    """What a payment must know of its payee, and whether it was made before: one statement."""

    can_send: bool
    receiver_id: UUID | None
    can_receive: bool
    shown_name: str
    trusted: bool
    first_time: bool
    existing_id: UUID | None


_SITUATION = """
SELECT payer.state, payee.user_id, person.state, payee.shown_name, payee.trusted_at IS NOT NULL,
  NOT (payee.paid_count > 0 OR EXISTS (
    SELECT FROM transfers_payee AS other
    WHERE other.payer_id = payee.payer_id AND other.user_id = payee.user_id AND other.paid_count > 0)),
  (SELECT id FROM transfers_transfer WHERE sender_id = payee.payer_id AND idempotency_key = %s)
FROM transfers_payee AS payee JOIN accounts_user AS payer ON payer.id = payee.payer_id
  LEFT JOIN accounts_user AS person ON person.id = payee.user_id
WHERE payee.id = %s AND payee.payer_id = %s
"""
_SHOWN_NAME = "transfers_payee.shown_name"


def situation(*, sender_id: UUID, payee_id: UUID, idempotency_key: str) -> Situation:
    """Raises NotFound when the payee is not one of the sender's."""
    with connection.cursor() as cursor:
        cursor.execute(_SITUATION, [idempotency_key, payee_id, sender_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    sender_state, receiver_id, state, shown_name, trusted, first_time, existing_id = row
    return Situation(
        can_send=sender_state == User.State.ACTIVE,
        receiver_id=receiver_id,
        can_receive=state == User.State.ACTIVE,
        shown_name=unseal(shown_name, place=_SHOWN_NAME, owner=str(sender_id)),
        trusted=trusted,
        first_time=first_time,
        existing_id=existing_id,
    )


def by_key(*, sender_id: UUID, idempotency_key: str) -> Transfer | None:
    """The sender's transfer made under this key."""
    return Transfer.objects.filter(sender_id=sender_id, idempotency_key=idempotency_key).first()


def transfer_seen_by(user: User, transfer_id: UUID) -> Transfer:
    """A transfer as one of its two people; the receiver sees it only once it is theirs. Else NotFound."""
    visible = Q(sender=user) | Q(receiver=user, status=Status.COMPLETED)
    found = Transfer.objects.filter(visible, pk=transfer_id).first()
    if found is None:
        raise NotFound
    return found


def due_for_expiry(at: datetime, *, limit: int) -> list[UUID]:
    """Transfers whose confirmation did not come in time, oldest first."""
    waiting = Transfer.objects.filter(status=Status.AWAITING_STEP_UP, expires_at__lte=at)
    return list(waiting.order_by("expires_at").values_list("pk", flat=True)[:limit])


def steps_of(transfer: Transfer) -> dict[str, datetime]:
    """When the transfer reached each of its states."""
    return dict(transfer.events.values_list("to_status", "occurred_at"))


def reviews_waiting() -> Waiting:
    """How many transfers wait for staff, and since when."""
    waiting = Transfer.objects.filter(status=Status.UNDER_REVIEW)
    return Waiting(**waiting.aggregate(count=Count("pk"), oldest_at=Min("created_at")))
