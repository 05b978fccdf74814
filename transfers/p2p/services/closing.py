"""Transfers that come to nothing: cancelled by the sender, or not confirmed in time. The hold is released once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.limits import services as limits
from accounts.stepup import services as stepup
from ledger import services as ledger
from ledger.money import Money
from transfers.p2p import events, recording, selectors
from transfers.p2p.models import Status, Transfer
from transfers.p2p.postings import hold_id
from transfers.p2p.services.accounts import locked
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

EXPIRE_BATCH = 200


def cancel_transfer(*, sender: User, transfer_id: UUID, origin: Origin, at: datetime) -> Transfer:
    """Takes a transfer back that still waits for the sender's confirmation; cancelling twice changes nothing.

    Raises NotFound (also for somebody else's), StateConflict when it has gone on already.
    """
    with db.transaction():
        transfer = locked(transfer_id)
        if transfer.sender_id != sender.pk:
            raise NotFound
        if transfer.status != Status.CANCELLED:
            close_unpaid(
                transfer=transfer,
                status=Status.CANCELLED,
                event=events.TransferCancelled(**events.parties(transfer)),
                actor=f"person:{sender.pk}",
                cause="cancelled",
                origin=origin,
                at=at,
            )
    return transfer


def release_transfer(*, subject_id: UUID, origin: Origin, at: datetime) -> Transfer:
    """The same, for step-up: the person chose to cancel instead of confirming."""
    transfer = Transfer.objects.filter(pk=subject_id).first()
    if transfer is None:
        raise NotFound
    return cancel_transfer(sender=transfer.sender, transfer_id=subject_id, origin=origin, at=at)


def expire_transfers(*, at: datetime, limit: int = EXPIRE_BATCH) -> int:
    """Ends up to ``limit`` transfers nobody confirmed in time, each in its own transaction; returns how many.

    Rows that somebody is confirming or cancelling at this moment are skipped.
    """
    db.refuse_in_transaction()
    return sum(_expire(transfer_id, at=at) for transfer_id in selectors.due_for_expiry(at, limit=limit))


def _expire(transfer_id: UUID, *, at: datetime) -> bool:
    with db.transaction():
        waiting = Transfer.objects.select_for_update(skip_locked=True)
        transfer = waiting.filter(pk=transfer_id, status=Status.AWAITING_STEP_UP, expires_at__lte=at).first()
        if transfer is None:
            return False
        close_unpaid(
            transfer=transfer,
            status=Status.EXPIRED,
            event=events.TransferExpired(**events.parties(transfer)),
            actor="worker",
            cause="time",
            origin=WORKER,
            at=at,
        )
    return True


def close_unpaid(
    *,
    transfer: Transfer,
    status: Status,
    event: events.TransferFact,
    actor: str,
    cause: str,
    origin: Origin,
    at: datetime,
) -> None:
    """Ends a locked transfer whose money is held: state, limit, feed, event, and the ledger's hold last.

    Requires the caller's transaction. The order of locks is that of sending (limit before ledger), so the two never
    wait for each other. Raises StateConflict.
    """
    db.transaction_required()
    recording.move(transfer, status, actor=actor, cause=cause, at=at)
    stepup.void(subject_id=transfer.pk, actor=actor, cause=cause, at=at)
    limits.give_back(
        user_id=transfer.sender_id,
        product="SEND",
        amount=Money(transfer.amount_minor, transfer.currency),
        at_of_use=transfer.created_at,
    )
    activity.change_state(subject_id=transfer.pk, state=transfer.status, at=at)
    publish(event, actor=actor, subject_id=transfer.pk, origin=origin, at=at)
    ledger.release_hold(hold_id=hold_id(transfer.pk), at=at)
