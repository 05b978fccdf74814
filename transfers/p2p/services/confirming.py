"""Confirm a transfer that waits: use the challenge up and let the held money go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired
from accounts.stepup.registry import Outcome
from ledger import services as ledger
from transfers.p2p import events, policy, postings, recording
from transfers.p2p.feed import receiver_item
from transfers.p2p.models import Status
from transfers.p2p.presentation import transfer_json
from transfers.p2p.services.accounts import accounts_for, locked, receiver_refusals, require_both
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.stepup.policy import Authority
    from transfers.p2p.models import Transfer
    from wallet_project.lib.origin import Origin


def confirm_transfer(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """Completes an AWAITING_STEP_UP transfer under its answered challenge; the hold becomes the payment.

    Confirm, cancel and expiry of one transfer queue at its row: exactly one of them happens. Raises NotFound,
    ChallengeVoid, ChallengeUsed, ChallengeExpired (also when the transfer's 15 minutes are over), StateConflict,
    PayeeCannotReceive, AccountFrozen. After a refusal the transfer waits on, until it is cancelled or expires.
    """
    with db.transaction():
        transfer = locked(subject_id)
        authority = stepup.consume(challenge_id=challenge_id, payload=policy.payload(transfer), at=at)
        policy.require_waiting(transfer)
        if transfer.expires_at is not None and at >= transfer.expires_at:
            raise ChallengeExpired
        complete_held(
            transfer=transfer,
            authority=authority,
            actor=f"person:{transfer.sender_id}",
            cause="confirmed",
            origin=origin,
            at=at,
        )
    return Outcome(resource=transfer_json(transfer, viewer_id=transfer.sender_id))


def complete_held(
    *, transfer: Transfer, authority: Authority, actor: str, cause: str, origin: Origin, at: datetime
) -> None:
    """Takes a locked, held transfer through GRACE (0 seconds) to COMPLETED. Requires the caller's transaction."""
    db.transaction_required()
    require_both(sender_id=transfer.sender_id, receiver_id=transfer.receiver_id)
    accounts = accounts_for(sender_id=transfer.sender_id, receiver_id=transfer.receiver_id, currency=transfer.currency)
    transfer.authority_kind, transfer.authority_reference = authority.kind, authority.reference
    transfer.completed_at = at
    recording.move(transfer, Status.GRACE, Status.COMPLETED, actor=actor, cause=cause, at=at)
    activity.change_state(subject_id=transfer.pk, state=transfer.status, at=at)
    activity.record(receiver_item(transfer, at=at))
    completed = events.TransferCompleted(**events.parties(transfer))
    publish(completed, actor=actor, subject_id=transfer.pk, origin=origin, at=at)
    with receiver_refusals(accounts):
        ledger.capture_hold(
            hold_id=postings.hold_id(transfer.pk),
            draft=postings.pay(accounts.movement(transfer), at=at, actor=actor),
            at=at,
        )
    failpoint("transfers.captured")
