"""Money that comes back after it was sent, days or weeks later: credited at once, settled when the bank has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from ledger import services as ledger
from ledger.money import Money
from payments.banking import events, policy, postings, records
from payments.banking.feed import return_item
from payments.banking.models import WithdrawalReturn
from payments.banking.services.outcomes import ORIGIN, movements
from payments.banking.services.submitting import BANK
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def record_return(*, withdrawal_id: UUID, reason_code: str, amount: Money, message_id: UUID, at: datetime) -> bool:
    """Credits what the bank sends back of a SENT or SETTLED withdrawal, whoever is frozen; True when it did so now.

    The fee comes back too unless the account details were wrong (``policy.fee_comes_back``). The withdrawal stays what
    it was: the return is a row of its own, once. ``amount`` is what came; one of another currency, or more than was
    sent (or booked instead), is a break for a person, never a call of this: ValueError. Raises NotFound, AccountClosed.
    Requires the caller's transaction.
    """
    db.transaction_required()
    withdrawal = records.lock(withdrawal_id)
    sent = policy.amount_of(withdrawal)
    most_minor = sent.amount_minor if withdrawal.booked_minor is None else withdrawal.booked_minor
    if amount.currency != sent.currency or not 0 < amount.amount_minor <= most_minor:
        raise ValueError("A return is of the withdrawal's currency and at most its amount.")
    if withdrawal.status not in (Status.SENT, Status.SETTLED):
        return False
    if WithdrawalReturn.objects.filter(withdrawal=withdrawal).exists():
        return False
    fee_returned = withdrawal.fee_minor > 0 and policy.fee_comes_back(reason_code)
    came_back = WithdrawalReturn.objects.create(
        id=ids.derive(withdrawal.pk, "return"),
        withdrawal=withdrawal,
        reason_code=reason_code[:35],
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        fee_returned=fee_returned,
        bank_reference=str(message_id),
        returned_at=at,
    )
    credited = amount.amount_minor + (withdrawal.fee_minor if fee_returned else 0)
    activity.record(return_item(withdrawal, return_id=came_back.pk, amount_minor=credited, at=at))
    returned = events.WithdrawalReturned(
        **events.about(withdrawal),
        reason=came_back.reason_code,
        returned_minor=amount.amount_minor,
        fee_returned=fee_returned,
    )
    publish(returned, actor=BANK, subject_id=withdrawal.pk, origin=ORIGIN, at=at)
    (movement,) = movements([withdrawal])
    draft = postings.returned(
        movement, returned_minor=amount.amount_minor, fee_returned=fee_returned, at=at, actor=BANK
    )
    ledger.post(draft, despite_freeze=True)
    return True


def settle_return(*, withdrawal_id: UUID, message_id: UUID, at: datetime) -> bool:
    """The returned money is on our account at the bank; True when this noted it. Requires the caller's transaction.

    Without a return that was recorded before it does nothing.
    """
    db.transaction_required()
    records.lock(withdrawal_id)
    came_back = WithdrawalReturn.objects.select_for_update().filter(withdrawal_id=withdrawal_id).first()
    if came_back is None or came_back.settled_at is not None:
        return False
    came_back.settled_at = at
    came_back.save(update_fields=["settled_at"])
    back = Money(came_back.amount_minor, came_back.currency)
    ledger.post(postings.return_settled(withdrawal_id=withdrawal_id, back=back, at=at, actor=BANK))
    return True
