"""A transfer as apps see it, from one of its two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.stepup.selectors import next_action
from transfers.p2p.policy import public_id
from wallet_project.lib import ids

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.stepup.models import Challenge
    from transfers.p2p.models import Transfer


def transfer_json(transfer: Transfer, *, viewer_id: UUID, challenge: Challenge | None = None) -> dict[str, Any]:
    """The resource; the keys are those of ``TransferShape``. The receiver sees no payee, fee, category or reason."""
    sends = viewer_id == transfer.sender_id
    return {
        "id": public_id(transfer),
        "status": str(transfer.status),
        "direction": "OUT" if sends else "IN",
        "payee": ids.public("pye", transfer.payee_id) if sends else None,
        "shown_name": transfer.payee_shown_name if sends else transfer.sender_shown_name,
        "amount_minor": transfer.amount_minor,
        "fee_minor": transfer.fee_minor if sends else None,
        "currency": transfer.currency,
        "note": transfer.note,
        "category": (transfer.category or None) if sends else None,
        "reason": (transfer.reason or None) if sends else None,
        "created_at": transfer.created_at,
        "completed_at": transfer.completed_at,
        "expires_at": transfer.expires_at if sends else None,
        "next_action": next_action(challenge) if challenge is not None else None,
    }
