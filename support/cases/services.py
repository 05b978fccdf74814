"""What the desk does itself: knowing a decision that was sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.banking.models import WithdrawalQuestion
from payments.banking.policy import clean_text
from payments.banking.states import UNDER_APPROVAL
from payments.banking.states import WithdrawalStatus as Status
from support.cases import selectors

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal


def is_done_already(*, act: str, withdrawal: Withdrawal, by: User, text: str = "") -> bool:
    """Whether ``by`` has done this before: a double click, or the page before sent again, is no conflict."""
    status = withdrawal.status
    if act == "approve":
        moved_on = status in UNDER_APPROVAL or status == Status.AWAITING_SECOND_APPROVAL
        return moved_on and withdrawal.approved_by_id == by.pk
    if act == "second":
        return status in UNDER_APPROVAL and withdrawal.second_approved_by_id == by.pk
    if act == "reject":
        return status == Status.REJECTED and withdrawal.rejected_by_id == by.pk
    if act == "ask":
        asked = WithdrawalQuestion.objects.filter(withdrawal=withdrawal, asked_by=by, answered_at=None).first()
        return asked is not None and asked.question == clean_text(text)
    if act == "refuse":
        last = selectors.events_of(withdrawal)[-1]
        return (last.cause, last.actor) == ("approval_refused", f"staff:{by.pk}")
    return False
