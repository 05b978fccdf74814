"""What an officer does with a withdrawal under review: claim it, approve it, reject it, ask its person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.approvals import services as approvals
from accounts.audit.services import publish
from payments.banking import events, policy, records
from payments.banking.conditions import blocking
from payments.banking.errors import QuestionEmpty, RecheckFailed
from payments.banking.models import WithdrawalQuestion
from payments.banking.officers import REVIEW, require_independent, require_officer, require_seen, require_unclaimed
from payments.banking.services.closing import close
from payments.banking.services.recheck import back_to_review
from payments.banking.services.screening import screen, write_down
from payments.banking.states import IN_REVIEW
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db, ids
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from payments.banking.officers import Seen
    from wallet_project.lib.origin import Origin


def claim(*, withdrawal_id: UUID, by: User, origin: Origin, at: datetime) -> Withdrawal:
    """Says who works on it; again by the same officer changes nothing.

    Raises NotPermitted, NotFound, StateConflict, AlreadyClaimed.
    """
    require_officer(by, REVIEW)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, *IN_REVIEW)
        require_unclaimed(withdrawal, by)
        if withdrawal.claimed_by_id is None:
            withdrawal.claimed_by, withdrawal.claimed_at = by, at
            withdrawal.save(update_fields=["claimed_by", "claimed_at"])
    return withdrawal


def unclaim(*, withdrawal_id: UUID, by: User, origin: Origin, at: datetime) -> Withdrawal:
    """Gives it back to the queue. Raises NotPermitted, NotFound, StateConflict, AlreadyClaimed (by another)."""
    require_officer(by, REVIEW)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, *IN_REVIEW)
        require_unclaimed(withdrawal, by)
        withdrawal.claimed_by = withdrawal.claimed_at = None
        withdrawal.save(update_fields=["claimed_by", "claimed_at"])
    return withdrawal


def approve(*, withdrawal_id: UUID, by: User, seen: Seen, origin: Origin, at: datetime) -> Withdrawal:
    """Approves a withdrawal UNDER_REVIEW after looking at it again at this moment; a large one then waits for the
    second approval (AWAITING_SECOND_APPROVAL).

    ``seen`` is what the officer's page showed: anything newer is a StateConflict. When the person
    is not active, the wallet is frozen, the hold is gone or the account was changed, the new screening is kept, the
    withdrawal stays UNDER_REVIEW and RecheckFailed is raised (``conditions``). Raises NotPermitted, NotFound,
    StateConflict, AlreadyClaimed, SelfApproval, OwnEdit.
    """
    require_officer(by, REVIEW)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, Status.UNDER_REVIEW)
        require_unclaimed(withdrawal, by)
        account = records.account_of(withdrawal)
        require_seen(withdrawal, account, seen)
        require_independent(withdrawal, account, by)
        found = screen(withdrawal, account=account, at=at)
        blocked = blocking(found)
        actor = f"staff:{by.pk}"
        if blocked:
            back_to_review(
                withdrawal, account=account, found=found, actor=actor, cause="recheck_failed", origin=origin, at=at
            )
        else:
            write_down(withdrawal, conditions=found, at=at)
            _approved(withdrawal, by, origin=origin, at=at)
            failpoint("withdrawal.approving")
    if blocked:
        raise RecheckFailed(conditions=",".join(blocked))
    failpoint("withdrawal.approved")
    return withdrawal


def _approved(withdrawal: Withdrawal, by: User, *, origin: Origin, at: datetime) -> None:
    actor = f"staff:{by.pk}"
    before = policy.approval_payload(withdrawal, records.account_of(withdrawal), status=str(withdrawal.status))
    withdrawal.approved_by, withdrawal.approved_at = by, at
    event: events.WithdrawalFact
    if withdrawal.second_approval_needed:
        approval = approvals.propose(
            purpose=policy.PURPOSE, subject_id=withdrawal.pk, maker=by, origin=origin, at=at, before=before
        )
        withdrawal.approval_id = approval.pk
        records.move(withdrawal, Status.AWAITING_SECOND_APPROVAL, actor=actor, cause="approved", at=at)
        event = events.WithdrawalFirstApproved(**events.about(withdrawal))
    else:
        records.move(withdrawal, Status.APPROVED, actor=actor, cause="approved", at=at)
        event = events.WithdrawalApproved(**events.about(withdrawal), is_automatic=False)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    publish(event, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)


def reject(*, withdrawal_id: UUID, by: User, reason: str, origin: Origin, at: datetime, note: str = "") -> Withdrawal:
    """Says no and releases everything. ``reason`` is one of ``policy.REJECT_REASONS``, ``note`` is for the person.

    Raises NotPermitted, ReasonMissing, NotFound, StateConflict, AlreadyClaimed.
    """
    require_officer(by, REVIEW)
    policy.require_reason(reason, note)
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        policy.require_status(withdrawal, *IN_REVIEW)
        require_unclaimed(withdrawal, by)
        withdrawal.reason = reason
        withdrawal.reason_note = policy.clean_text(note)
        withdrawal.rejected_by = by
        rejected = events.WithdrawalRejected(**events.about(withdrawal), reason=reason)
        close(
            withdrawal,
            status=Status.REJECTED,
            event=rejected,
            actor=f"staff:{by.pk}",
            cause=reason,
            origin=origin,
            at=at,
        )
    return withdrawal


def ask(*, withdrawal_id: UUID, by: User, question: str, origin: Origin, at: datetime) -> Withdrawal:
    """Asks the person; the review waits for the answer (AWAITING_CUSTOMER).

    Raises NotPermitted, QuestionEmpty, NotFound, StateConflict, AlreadyClaimed.
    """
    require_officer(by, REVIEW)
    text = policy.clean_text(question)
    if not text:
        raise QuestionEmpty
    with db.transaction():
        withdrawal = records.lock(withdrawal_id)
        require_unclaimed(withdrawal, by)
        actor = f"staff:{by.pk}"
        records.move(withdrawal, Status.AWAITING_CUSTOMER, actor=actor, cause="asked", at=at)
        asked = WithdrawalQuestion.objects.create(
            id=ids.uuid7(at), withdrawal=withdrawal, asked_by=by, question=text, asked_at=at
        )
        activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
        event = events.WithdrawalQuestionAsked(**events.about(withdrawal), question_id=asked.pk)
        publish(event, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    return withdrawal


def answer_question(*, user: User, withdrawal_id: UUID, text: str, origin: Origin, at: datetime) -> Withdrawal:
    """The person answers what was asked; the review goes on. Raises QuestionEmpty, NotFound, StateConflict."""
    answer = policy.clean_text(text)
    if not answer:
        raise QuestionEmpty
    with db.transaction():
        withdrawal = records.lock(withdrawal_id, user=user)
        policy.require_status(withdrawal, Status.AWAITING_CUSTOMER)
        asked = WithdrawalQuestion.objects.select_for_update().get(withdrawal=withdrawal, answered_at__isnull=True)
        asked.answer, asked.answered_at = answer, at
        asked.save(update_fields=["answer", "answered_at"])
        withdrawal.review_due_at = policy.review_due(at)
        actor = f"person:{user.pk}"
        records.move(withdrawal, Status.UNDER_REVIEW, actor=actor, cause="answered", at=at)
        activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
        event = events.WithdrawalQuestionAnswered(**events.about(withdrawal), question_id=asked.pk)
        publish(event, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)
    return withdrawal
