"""What the desk does itself: reading contact data on the record, and knowing a decision that was sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.approvals.errors import NotPermitted, ReasonMissing
from accounts.audit.events import PERSONAL_DATA_READ
from accounts.audit.services import record_security_event
from accounts.overview.policy import READ_REASONS
from payments.banking.models import WithdrawalQuestion
from payments.banking.policy import clean_text
from payments.banking.states import UNDER_APPROVAL
from payments.banking.states import WithdrawalStatus as Status
from support.cases import selectors

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from wallet_project.lib.origin import Origin

REVEAL = "accounts.reveal_person"


def may_reveal(officer: User) -> bool:
    """Whether ``officer`` is staff whose role reads whole contact data."""
    return officer.is_staff and officer.has_perm(REVEAL)


def reveal_contact(*, person: User, by: User, reason: str, about: UUID, origin: Origin, at: datetime) -> None:
    """Writes down that ``by`` reads the whole e-mail address and phone number of ``person``, and why; the person can
    see it. ``about`` is the case it is for. Raises NotPermitted, ReasonMissing.
    """
    if not may_reveal(by):
        raise NotPermitted
    if reason not in READ_REASONS:
        raise ReasonMissing({"why": "reason_missing"})
    role = by.groups.order_by("name").values_list("name", flat=True).first() or ""
    record_security_event(
        kind=PERSONAL_DATA_READ,
        user_id=person.pk,
        actor=f"staff:{by.pk}",
        origin=origin,
        at=at,
        details={"what": "contact", "reason": reason, "role": role, "about": str(about)},
    )


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
