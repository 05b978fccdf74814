"""Withdrawals that come to nothing before the bank has them: cancelled, not confirmed in time, or rejected by staff.

The whole hold is released, the fee too, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.limits import services as limits
from accounts.stepup import services as stepup
from ledger import services as ledger
from payments.banking import events, policy, records, selectors
from payments.banking.models import Withdrawal
from payments.banking.postings import hold_id
from payments.banking.services.recheck import void_approval
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

EXPIRE_BATCH = 200


def cancel_withdrawal(*, user: User, withdrawal_id: UUID, origin: Origin, at: datetime) -> Withdrawal:
    """Takes a withdrawal back that the bank has not got yet; cancelling twice changes nothing.

    Raises NotFound (also for somebody else's), StateConflict from SUBMITTED on.
    """
    with db.transaction():
        withdrawal = records.lock(withdrawal_id, user=user)
        if withdrawal.status != Status.CANCELLED:
            _cancel(withdrawal, origin=origin, at=at)
    return withdrawal


def _cancel(withdrawal: Withdrawal, *, origin: Origin, at: datetime) -> None:
    cancelled = events.WithdrawalCancelled(**events.about(withdrawal))
    close(
        withdrawal,
        status=Status.CANCELLED,
        event=cancelled,
        actor=f"person:{withdrawal.user_id}",
        cause="cancelled",
        origin=origin,
        at=at,
    )


def release_withdrawal(*, subject_id: UUID, origin: Origin, at: datetime) -> Withdrawal:
    """The same, for step-up: the person chose to cancel instead of confirming, so only what waits for that.

    Raises NotFound, StateConflict once it was confirmed.
    """
    with db.transaction():
        withdrawal = records.lock(subject_id)
        if withdrawal.status != Status.CANCELLED:
            policy.require_status(withdrawal, Status.AWAITING_STEP_UP)
            _cancel(withdrawal, origin=origin, at=at)
    return withdrawal


def expire_withdrawals(*, at: datetime, limit: int = EXPIRE_BATCH) -> int:
    """Ends up to ``limit`` withdrawals nobody confirmed in time, each in its own transaction; returns how many.

    Rows that somebody is confirming or cancelling at this moment are skipped.
    """
    db.refuse_in_transaction()
    return sum(_expire(withdrawal_id, at=at) for withdrawal_id in selectors.due_for_expiry(at, limit=limit))


def _expire(withdrawal_id: UUID, *, at: datetime) -> bool:
    with db.transaction():
        waiting = Withdrawal.objects.select_for_update(skip_locked=True, of=("self",))
        status = Status.AWAITING_STEP_UP.value
        withdrawal = waiting.filter(pk=withdrawal_id, status=status, expires_at__lte=at).first()
        if withdrawal is None:
            return False
        expired = events.WithdrawalExpired(**events.about(withdrawal))
        close(withdrawal, status=Status.EXPIRED, event=expired, actor="worker", cause="time", origin=WORKER, at=at)
    return True


def close(
    withdrawal: Withdrawal,
    *,
    status: Status,
    event: events.WithdrawalFact,
    actor: str,
    cause: str,
    origin: Origin,
    at: datetime,
) -> None:
    """Ends a locked withdrawal whose money is held: proposal, state, challenge, limit, feed, event, the hold last.

    Requires the caller's transaction. Locks come in the order of asking (limit before ledger), so the two never wait
    for each other in a circle. Raises StateConflict.
    """
    db.transaction_required()
    void_approval(withdrawal, actor=actor, cause=cause, origin=origin, at=at)
    records.move(withdrawal, status, actor=actor, cause=cause, at=at)
    stepup.void(subject_id=withdrawal.pk, actor=actor, cause=cause, at=at)
    limits.give_back(
        user_id=withdrawal.user_id,
        product="WITHDRAW",
        amount=policy.amount_of(withdrawal),
        at_of_use=withdrawal.created_at,
    )
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    publish(event, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    ledger.release_hold(hold_id=hold_id(withdrawal.pk), at=at)
