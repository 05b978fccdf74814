"""A payment the bank never made, of which its messages will say nothing: two officers release it.

One proposes with a reason and what shows it, another approves. The bank is asked before both, and its statements are
looked at again in the transaction that releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.approvals import services as approvals
from accounts.approvals.errors import NotPermitted, SelfApproval
from accounts.audit.services import publish
from payments.banking import policy as banking
from payments.banking.errors import StateConflict
from payments.banking.states import AT_THE_BANK, WithdrawalStatus
from payments.payouts.services.correcting import ask_now, item_of, lock_payment, note_not_paid
from payments.payouts.states import BatchStatus
from payments.reconciliation.errors import MayBePaid
from payments.reconciliation.events import PayoutFoundNotPaid
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.policy import words_of
from payments.reconciliation.services.breaks import lock_about, resolve_rows
from payments.reconciliation.services.evidence import Evidence, evidence_about
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from payments.payouts.models import PayoutItem
    from wallet_project.lib.origin import Origin

PURPOSE = "payout_not_paid"
CORRECT = "payments.correct_payoutitem"
LEFT = (BatchStatus.UNKNOWN, BatchStatus.ANSWERED)
"""Files that have left us and may have arrived."""


def propose_not_paid(
    *, withdrawal_id: UUID, by: User, reason: str, evidence: str, origin: Origin, at: datetime
) -> Approval:
    """Asks the bank now, then for a second officer. Nothing moves; what the bank knows after all is followed at once.

    Raises NotPermitted, SelfApproval (it is one's own), NotFound, ReasonMissing, StateConflict when it no longer waits
    for the bank, MayBePaid, AlreadyProposed.
    """
    require_corrector(by)
    said = words_of(reason, evidence)
    ask_now(withdrawal_id=withdrawal_id, at=at)
    with db.transaction():
        item = lock_payment(withdrawal_id)
        require_not_own(item, by=by)
        require_not_paid(item, at=at)
        return approvals.propose(
            purpose=PURPOSE,
            subject_id=withdrawal_id,
            maker=by,
            reason=said,
            before=_payload(item, status=item.withdrawal.status),
            origin=origin,
            at=at,
        )


def require_corrector(by: User) -> None:
    """Raises NotPermitted unless ``by`` is staff who may correct payouts."""
    if not (by.is_staff and by.has_perm(CORRECT)):
        raise NotPermitted


def require_not_own(item: PayoutItem, *, by: User) -> None:
    """Raises SelfApproval for the person whose money it is."""
    if item.withdrawal.user_id == by.pk:
        raise SelfApproval


def require_not_paid(item: PayoutItem, *, at: datetime) -> Evidence:
    """What shows that the bank never paid it. Raises StateConflict, MayBePaid."""
    _require_open(item)
    found = evidence_about(item, at=at)
    if found.obstacle is not None:
        raise MayBePaid(why=found.obstacle.value)
    return found


def _require_open(item: PayoutItem) -> None:
    is_open = item.outcome == "" and item.booked_on is None and item.batch.status in LEFT
    if not is_open or item.withdrawal.status not in AT_THE_BANK:
        raise StateConflict(status=str(item.withdrawal.status))


# --- what accounts/approvals calls


def lock(subject_id: UUID) -> object:
    """File, payment and withdrawal come before the proposal."""
    return lock_payment(subject_id)


def payload(subject_id: UUID) -> dict[str, Any]:
    """What would happen. Raises NotFound, StateConflict once the bank has spoken."""
    item = item_of(subject_id)
    _require_open(item)
    return _payload(item, status=WithdrawalStatus.FAILED.value)


def _payload(item: PayoutItem, *, status: str) -> dict[str, Any]:
    return {
        "status": str(status),
        "withdrawal": banking.public_id(item.withdrawal),
        "person": str(item.withdrawal.user_id),
        "file": item.batch.message_id,
        "amount_minor": item.amount_minor,
        "fee_minor": item.withdrawal.fee_minor,
        "currency": item.currency,
    }


def look_first(*, subject_id: UUID, approval: Approval, checker: User, origin: Origin, at: datetime) -> None:
    """The bank is asked once more. Raises SelfApproval."""
    require_not_own(item_of(subject_id), by=checker)
    ask_now(withdrawal_id=subject_id, at=at)


def execute(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
    """FAILED, everything released. Raises StateConflict, MayBePaid."""
    db.transaction_required()
    checker = approval.checker
    if checker is None:
        raise AssertionError("an approval that is carried out has a checker")
    item = lock_payment(subject_id)
    found = require_not_paid(item, at=at)
    actor = f"staff:{checker.pk}"
    late = lock_about(item.end_to_end_id, kinds=[BreakKind.NOT_BOOKED])
    resolve_rows(late, by=checker, note=approval.reason, origin=origin, at=at)
    event = PayoutFoundNotPaid(
        withdrawal_id=subject_id,
        approval_id=approval.pk,
        statements=found.statements,
        until=found.until.isoformat() if found.until is not None else "",
        answer=found.answer,
    )
    publish(event, actor=actor, subject_id=subject_id, origin=origin, at=at)
    note_not_paid(item, actor=actor, at=at)
