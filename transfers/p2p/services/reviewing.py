"""Staff decide a transfer that risk put under review: let it go, or give the money back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.stepup.policy import Authority
from transfers.p2p import events
from transfers.p2p.models import Status
from transfers.p2p.policy import require_move
from transfers.p2p.services.accounts import locked
from transfers.p2p.services.closing import close_unpaid
from transfers.p2p.services.confirming import complete_held
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from transfers.p2p.models import Transfer
    from wallet_project.lib.origin import Origin

DECLINED_BY_REVIEW = "review_declined"


def release_from_review(*, transfer_id: UUID, by: User, origin: Origin, at: datetime) -> Transfer:
    """Completes a transfer under review, on the approval of a member of staff.

    Raises NotFound, StateConflict, PayeeCannotReceive, AccountFrozen.
    """
    with db.transaction():
        transfer = locked(transfer_id)
        require_move(transfer.status, Status.GRACE)
        approval = Authority("approval", f"staff:{by.pk}")
        complete_held(
            transfer=transfer, authority=approval, actor=f"staff:{by.pk}", cause="review_passed", origin=origin, at=at
        )
    return transfer


def decline_in_review(*, transfer_id: UUID, by: User, origin: Origin, at: datetime) -> Transfer:
    """Declines a transfer under review and releases its hold. Raises NotFound, StateConflict."""
    with db.transaction():
        transfer = locked(transfer_id)
        require_move(transfer.status, Status.DECLINED)
        transfer.reason = DECLINED_BY_REVIEW
        close_unpaid(
            transfer=transfer,
            status=Status.DECLINED,
            event=events.TransferDeclined(**events.parties(transfer), reason=DECLINED_BY_REVIEW),
            actor=f"staff:{by.pk}",
            cause=DECLINED_BY_REVIEW,
            origin=origin,
            at=at,
        )
    return transfer
