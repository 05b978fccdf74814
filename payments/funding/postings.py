"""What adding money does to the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.money import Money


def card_credit(*, top_up_id: UUID, wallet_account_id: int, received: Money, actor: str, at: datetime) -> EntryDraft:
    """Card money received: owed to us by Stripe (clearing, debit), owed by us to the person (wallet, credit)."""
    clearing = platform_account_id("clearing.stripe", received.currency)
    return EntryDraft(
        intent_id=top_up_id,
        step="credit",
        kind="top_up.card",
        legs=(
            Leg(wallet_account_id, received.amount_minor, received.currency),
            Leg(clearing, -received.amount_minor, received.currency),
        ),
        effective_at=at,
        actor=actor,
        reference=str(top_up_id),
        details={},
    )
