"""What a transfer does to the books: pure. One entry moves the money; a hold before it reserves the same amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.entries import EntryDraft, Leg
from wallet_project.lib import ids

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

KIND = "transfer"
STEP_PAY = "pay"
STEP_HOLD = "hold"
HOLD_REASON = "TRANSFER"


@dataclass(frozen=True, slots=True)
class Movement:
    """From which account to which, how many minor units of which currency, for which transfer."""

    transfer_id: UUID
    sender_account_id: int
    receiver_account_id: int
    amount_minor: int
    currency: str


def pay(movement: Movement, *, at: datetime, actor: str) -> EntryDraft:
    """The payment: the sender owes nothing more, the receiver is owed it. Twice is once: the id is derived."""
    return EntryDraft(
        intent_id=movement.transfer_id,
        step=STEP_PAY,
        kind=KIND,
        legs=(
            Leg(movement.sender_account_id, -movement.amount_minor, movement.currency),
            Leg(movement.receiver_account_id, movement.amount_minor, movement.currency),
        ),
        effective_at=at,
        actor=actor,
        reference=ids.public("trf", movement.transfer_id),
    )


def hold_id(transfer_id: UUID) -> UUID:
    """The one hold of a transfer that waits."""
    return ids.derive(transfer_id, STEP_HOLD)
