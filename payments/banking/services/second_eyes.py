"""The second approval of a large withdrawal: this room's part of four eyes (accounts/approvals)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.activity import services as activity
from accounts.approvals import services as approvals
from accounts.audit.services import publish
from payments.banking import events, policy, records
from payments.banking.conditions import blocking
from payments.banking.errors import RecheckFailed
from payments.banking.officers import SECOND, require_independent, require_officer, require_seen
from payments.banking.services.recheck import back_to_review, forget_approvals
from payments.banking.services.screening import screen, write_down
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from payments.banking.officers import Seen
    from wallet_project.lib.origin import Origin


def approve_second(*, withdrawal_id: UUID, by: User, seen: Seen, origin: Origin, at: datetime) -> Withdrawal:
    """The second officer agrees: AWAITING_SECOND_APPROVAL → APPROVED, after looking at it again.

    ``seen`` is what the officer's page showed: anything newer is a StateConflict, also a first approval that was given
    anew. Raises NotPermitted, NotFound, StateConflict, SelfApproval, OwnEdit, and what ``approvals.approve`` raises:
    RecheckFailed by ``look_again``.
    """
    require_officer(by, SECOND)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, Status.AWAITING_SECOND_APPROVAL)
        account = records.account_of(withdrawal)
        require_seen(withdrawal, account, seen)
        require_independent(withdrawal, account, by)
    approvals.approve(approval_id=_proposal(withdrawal), checker=by, origin=origin, at=at)
    failpoint("withdrawal.approved_second")
    withdrawal.refresh_from_db()
    return withdrawal


def refuse_second(*, withdrawal_id: UUID, by: User, reason: str, origin: Origin, at: datetime) -> Withdrawal:
    """The second officer does not agree: it goes back UNDER_REVIEW. ``reason`` are words for the first officer.

    Raises NotPermitted, NotFound, StateConflict, SelfApproval, ReasonMissing.
    """
    require_officer(by, SECOND)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, Status.AWAITING_SECOND_APPROVAL)
    approvals.refuse(approval_id=_proposal(withdrawal), checker=by, reason=reason, origin=origin, at=at)
    withdrawal.refresh_from_db()
    return withdrawal


def _proposal(withdrawal: Withdrawal) -> UUID:
    if withdrawal.approval_id is None:
        raise AssertionError("a CHECK says that it has one")
    return withdrawal.approval_id


# --- what accounts/approvals calls


def lock_for_approval(subject_id: UUID) -> object:
    """The withdrawal's row comes before the proposal's, here and in every verb."""
    return records.lock(subject_id)


def payload_for_approval(subject_id: UUID) -> dict[str, Any]:
    """What two officers agree on, as it is now. Raises NotFound, StateConflict when it waits for no approval."""
    withdrawal = records.lock(subject_id)
    policy.require_status(withdrawal, Status.UNDER_REVIEW, Status.AWAITING_SECOND_APPROVAL)
    return policy.approval_payload(withdrawal, records.account_of(withdrawal), status=str(Status.APPROVED))


def look_again(*, subject_id: UUID, approval: Approval, checker: User, origin: Origin, at: datetime) -> None:
    """The re-check before the second approval, from whichever page it is given.

    When a condition that no officer can overrule does not hold, the new screening is kept, the withdrawal goes back
    UNDER_REVIEW with its proposal void, and RecheckFailed is raised. Raises NotFound, SelfApproval, OwnEdit.
    """
    with db.transaction():
        withdrawal = records.lock(subject_id)
        if withdrawal.status != Status.AWAITING_SECOND_APPROVAL or withdrawal.approval_id != approval.pk:
            return
        account = records.account_of(withdrawal)
        require_independent(withdrawal, account, checker)
        found = screen(withdrawal, account=account, at=at)
        blocked = blocking(found)
        if blocked:
            actor = f"staff:{checker.pk}"
            back_to_review(
                withdrawal, account=account, found=found, actor=actor, cause="recheck_failed", origin=origin, at=at
            )
    if blocked:
        raise RecheckFailed(conditions=",".join(blocked))


def execute_approval(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> Withdrawal:
    """Approves it for good, in the decision's transaction. Raises RecheckFailed, OwnEdit, SelfApproval."""
    db.transaction_required()
    withdrawal = records.lock(subject_id)
    policy.require_status(withdrawal, Status.AWAITING_SECOND_APPROVAL)
    checker = approval.checker
    if checker is None:
        raise AssertionError("an approval that is carried out has a checker")
    account = records.account_of(withdrawal)
    require_independent(withdrawal, account, checker)
    found = screen(withdrawal, account=account, at=at)
    blocked = blocking(found)
    if blocked:
        raise RecheckFailed(conditions=",".join(blocked))
    write_down(withdrawal, conditions=found, at=at)
    withdrawal.second_approved_by, withdrawal.second_approved_at = checker, at
    actor = f"staff:{checker.pk}"
    records.move(withdrawal, Status.APPROVED, actor=actor, cause="second_approved", at=at)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    approved = events.WithdrawalApproved(**events.about(withdrawal), is_automatic=False)
    publish(approved, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    failpoint("withdrawal.approving_second")
    return withdrawal


def approval_ended(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> Withdrawal:
    """The proposal was refused, expired or void: staff look at it again."""
    db.transaction_required()
    withdrawal = records.lock(subject_id)
    if withdrawal.status != Status.AWAITING_SECOND_APPROVAL or withdrawal.approval_id != approval.pk:
        return withdrawal
    forget_approvals(withdrawal)
    withdrawal.claimed_by = withdrawal.claimed_at = None
    withdrawal.bank_account_revision = records.account_of(withdrawal).revision
    withdrawal.review_due_at = policy.review_due(at)
    actor = f"staff:{approval.checker_id}" if approval.checker_id else "worker"
    cause = f"approval_{str(approval.status).lower()}"
    records.move(withdrawal, Status.UNDER_REVIEW, actor=actor, cause=cause, at=at)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    looked = events.WithdrawalUnderReview(**events.about(withdrawal), conditions="")
    publish(looked, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    return withdrawal
