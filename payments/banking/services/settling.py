"""A withdrawal the bank paid with another amount than was asked for, settled as booked once two officers agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from ledger import services as ledger
from payments.banking import events, policy, postings, records
from payments.banking.feed import rest_item
from payments.banking.services.outcomes import mark_sent, movements
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.money import Money
    from payments.banking.models import Withdrawal
    from wallet_project.lib.origin import Origin


def settle_as_booked(*, withdrawal_id: UUID, booked: Money, actor: str, origin: Origin, at: datetime) -> Withdrawal:
    """SENT → SETTLED with what the bank has ``booked``; what was SUBMITTED or UNKNOWN is SENT by that first.

    What did not leave for the person's bank is the person's again, at once (PSD2 art. 89(1): a payment that was
    executed defectively is made good); what left too much is our loss. The fee stays. ``booked`` is positive and of the
    withdrawal's currency: ValueError. Raises NotFound, StateConflict, AccountClosed. Requires the caller's transaction.
    """
    db.transaction_required()
    mark_sent(items=[(withdrawal_id, "")], at=at)
    withdrawal = records.lock(withdrawal_id)
    policy.require_status(withdrawal, Status.SENT)
    asked = policy.amount_of(withdrawal)
    if booked.currency != asked.currency or booked.amount_minor <= 0:
        raise ValueError("What was booked is positive and of the withdrawal's currency.")
    (movement,) = movements([withdrawal])
    draft = postings.settled_as_booked(movement, booked_minor=booked.amount_minor, at=at, actor=actor)
    withdrawal.booked_minor, withdrawal.settled_at = booked.amount_minor, at
    withdrawal.settled_entry_id = draft.entry_id
    records.move(withdrawal, Status.SETTLED, actor=actor, cause="settled_as_booked", at=at)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    rest = policy.rest_of(withdrawal)
    if rest is not None:
        activity.record(rest_item(withdrawal, amount_minor=rest.amount_minor, at=at))
    settled = events.WithdrawalSettledAsBooked(
        **events.about(withdrawal),
        booked_minor=booked.amount_minor,
        rest_minor=rest.amount_minor if rest is not None else 0,
    )
    publish(settled, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    ledger.post(draft, despite_freeze=True)
    return withdrawal
