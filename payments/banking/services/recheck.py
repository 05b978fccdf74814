"""Back to a person: what was approved, or was about to be, no longer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.approvals import services as approvals
from accounts.audit.services import publish
from payments.banking import events, policy
from payments.banking.conditions import failing
from payments.banking.records import move
from payments.banking.services.screening import write_down
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime

    from payments.banking.conditions import Condition
    from payments.banking.models import BankAccount, Withdrawal
    from wallet_project.lib.origin import Origin


def back_to_review(
    withdrawal: Withdrawal,
    *,
    account: BankAccount,
    found: tuple[Condition, ...],
    actor: str,
    cause: str,
    origin: Origin,
    at: datetime,
) -> None:
    """Writes a new screening down and has staff look (again) at a locked withdrawal, whose approvals are void.

    From then on the account as it is now is the one that is reviewed. Requires the caller's transaction.
    """
    db.transaction_required()
    write_down(withdrawal, conditions=found, at=at)
    void_approval(withdrawal, actor=actor, cause=cause, origin=origin, at=at)
    withdrawal.bank_account_revision = account.revision
    withdrawal.review_due_at = policy.review_due(at)
    forget_approvals(withdrawal)
    if withdrawal.status in (Status.UNDER_REVIEW, Status.AWAITING_CUSTOMER):
        withdrawal.updated_at = at
        withdrawal.save()
        return
    move(withdrawal, Status.UNDER_REVIEW, actor=actor, cause=cause, at=at)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    looked = events.WithdrawalUnderReview(**events.about(withdrawal), conditions=",".join(failing(found)))
    publish(looked, actor=actor, subject_id=withdrawal.pk, origin=origin, at=at)


def forget_approvals(withdrawal: Withdrawal) -> None:
    """What was approved before counts no more; the caller saves the row."""
    withdrawal.auto_approved = False
    withdrawal.approved_by = withdrawal.second_approved_by = None
    withdrawal.approved_at = withdrawal.second_approved_at = None
    withdrawal.approval_id = None


def void_approval(withdrawal: Withdrawal, *, actor: str, cause: str, origin: Origin, at: datetime) -> None:
    """Ends the open proposal of a locked withdrawal, if there is one."""
    if withdrawal.status == Status.AWAITING_SECOND_APPROVAL:
        approvals.void(purpose=policy.PURPOSE, subject_id=withdrawal.pk, cause=cause, actor=actor, origin=origin, at=at)
