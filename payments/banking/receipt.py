"""A withdrawal as its page shows it: where it stands, in words, and what the person can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.stepup.selectors import open_challenge_of
from ledger.money import Money
from payments.banking.models import (
    Withdrawal,
    WithdrawalCondition,
    WithdrawalEvent,
    WithdrawalQuestion,
    WithdrawalReturn,
)
from payments.banking.policy import rest_of
from payments.banking.selectors import expected_on
from payments.banking.states import AT_THE_BANK, CANCELLABLE, TERMINAL
from payments.banking.states import WithdrawalStatus as Status
from payments.banking.wording import failure_of, in_one_piece, rejection_of, review_reason
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.utils.functional import Promise

    from accounts.stepup.models import Challenge
    from payments.banking.wording import Reason

CHECKING = frozenset({Status.SCREENING, Status.UNDER_REVIEW, Status.AWAITING_SECOND_APPROVAL})
STOPPED = TERMINAL - {Status.SETTLED}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline; ``state`` is done, now, todo or bad. ``on`` is a day that is only expected."""

    code: str
    title: str | Promise
    state: str
    at: datetime | None = None
    on: date | None = None
    detail: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything page and API show of one withdrawal. ``returned`` is what came back to the wallet.

    ``arrived`` is what the bank paid where that is another amount, ``rest`` what it did not pay, back in the wallet.
    """

    withdrawal: Withdrawal
    reference: str
    amount: Money
    fee: Money
    total: Money
    tone: str
    label: str | Promise
    steps: tuple[Step, ...]
    arrives_on: date | None
    review: str = ""
    reason: Reason | None = None
    question: WithdrawalQuestion | None = None
    came_back: WithdrawalReturn | None = None
    returned: Money | None = None
    arrived: Money | None = None
    rest: Money | None = None
    challenge: Challenge | None = None
    answered: tuple[WithdrawalQuestion, ...] = field(default=())

    @property
    def target(self) -> str:
        """The masked account as a page shows it."""
        return in_one_piece(self.withdrawal.shown_target)

    @property
    def can_cancel(self) -> bool:
        """Until it is with the bank."""
        return self.withdrawal.status in CANCELLABLE

    @property
    def is_final(self) -> bool:
        """Nothing happens by itself any more, a late return apart."""
        return self.withdrawal.status in TERMINAL

    @property
    def is_checking(self) -> bool:
        """Somebody or something of ours looks at it."""
        return self.withdrawal.status in CHECKING

    @property
    def is_with_the_bank(self) -> bool:
        """Handed over, no answer yet."""
        return self.withdrawal.status in AT_THE_BANK


LABELS: dict[str, tuple[str, str | Promise]] = {
    Status.AWAITING_STEP_UP: ("needs", _("Waiting for your PIN")),
    Status.SCREENING: ("wait", _("Being checked")),
    Status.UNDER_REVIEW: ("wait", _("Being checked")),
    Status.AWAITING_SECOND_APPROVAL: ("wait", _("Being checked")),
    Status.AWAITING_CUSTOMER: ("needs", _("Waiting for your answer")),
    Status.APPROVED: ("wait", _("Approved")),
    Status.SUBMITTED: ("wait", _("On its way to the bank")),
    Status.UNKNOWN: ("wait", _("On its way to the bank")),
    Status.SENT: ("wait", _("Sent by our bank")),
    Status.SETTLED: ("ok", _("Arrived")),
    Status.REJECTED: ("bad", _("Not approved")),
    Status.FAILED: ("bad", _("Refused by the bank")),
    Status.CANCELLED: ("quiet", _("Cancelled")),
    Status.EXPIRED: ("quiet", _("Expired")),
}
CAME_BACK = ("bad", _("Came back"))
NOT_PAID = ("bad", _("Not paid by the bank"))
NEVER_PAID = frozenset({"never_arrived", "not_paid"})
"""Reasons of a FAILED one that nobody refused: the bank did nothing."""

_STOPS: dict[str, str | Promise] = {
    Status.REJECTED: _("Not approved; the money is available again"),
    Status.FAILED: _("Refused by the bank; the money is available again"),
    Status.CANCELLED: _("You cancelled it; the money is available again"),
    Status.EXPIRED: _("Not confirmed in 15 minutes; the money is available again"),
}


def receipt_of(withdrawal: Withdrawal) -> Receipt:
    """The receipt, in five queries at most."""
    reached = _reached(withdrawal)
    came_back = None
    if withdrawal.status in {Status.SENT, Status.SETTLED}:
        came_back = WithdrawalReturn.objects.filter(withdrawal=withdrawal).first()
    asked = list(WithdrawalQuestion.objects.filter(withdrawal=withdrawal).order_by("asked_at", "id"))
    open_question = next((one for one in asked if one.answered_at is None), None)
    tone, label = _label(withdrawal, came_back)
    expected = _expected(withdrawal)
    fee = Money(withdrawal.fee_minor, withdrawal.currency)
    amount = Money(withdrawal.amount_minor, withdrawal.currency)
    return Receipt(
        withdrawal=withdrawal,
        reference=ids.public("wdr", withdrawal.pk),
        amount=amount,
        fee=fee,
        total=amount + fee,
        tone=tone,
        label=label,
        steps=_steps(withdrawal, reached, came_back, expected),
        arrives_on=expected,
        review=_review(withdrawal),
        reason=_reason(withdrawal, came_back),
        question=open_question if withdrawal.status == Status.AWAITING_CUSTOMER else None,
        answered=tuple(one for one in asked if one.answered_at is not None),
        came_back=came_back,
        returned=_returned(withdrawal, came_back),
        arrived=_arrived(withdrawal),
        rest=rest_of(withdrawal),
        challenge=open_challenge_of(withdrawal.pk) if withdrawal.status == Status.AWAITING_STEP_UP else None,
    )


def _reached(withdrawal: Withdrawal) -> dict[str, datetime]:
    """When it came to each state; back in review, an approval from before counts no more."""
    reached: dict[str, datetime] = {}
    moves = WithdrawalEvent.objects.filter(withdrawal=withdrawal).order_by("no")
    for status, at in moves.values_list("to_status", "occurred_at"):
        if status == Status.UNDER_REVIEW:
            reached.pop(Status.APPROVED, None)
        reached[status] = at
    return reached


def _review(withdrawal: Withdrawal) -> str:
    """Why a person looks, from the latest screening; "" where nobody does."""
    if withdrawal.status not in {*CHECKING, Status.AWAITING_CUSTOMER}:
        return ""
    found = list(
        WithdrawalCondition.objects.filter(withdrawal=withdrawal).values_list("screening_no", "code", "passed")
    )
    latest = max((number for number, _code, _passed in found), default=0)
    return review_reason(code for number, code, passed in found if number == latest and not passed)


def _reason(withdrawal: Withdrawal, came_back: WithdrawalReturn | None) -> Reason | None:
    if came_back is not None:
        return failure_of(came_back.reason_code)
    if withdrawal.status == Status.FAILED:
        return failure_of(withdrawal.reason)
    return rejection_of(withdrawal.reason) if withdrawal.status == Status.REJECTED else None


def _returned(withdrawal: Withdrawal, came_back: WithdrawalReturn | None) -> Money | None:
    if came_back is None:
        return None
    fee = withdrawal.fee_minor if came_back.fee_returned else 0
    return Money(came_back.amount_minor + fee, withdrawal.currency)


def _arrived(withdrawal: Withdrawal) -> Money | None:
    return None if withdrawal.booked_minor is None else Money(withdrawal.booked_minor, withdrawal.currency)


def _label(withdrawal: Withdrawal, came_back: WithdrawalReturn | None) -> tuple[str, str | Promise]:
    if came_back is not None:
        return CAME_BACK
    return NOT_PAID if withdrawal.reason in NEVER_PAID else LABELS[withdrawal.status]


def _expected(withdrawal: Withdrawal) -> date | None:
    """The day it should arrive; nothing is expected of what has ended."""
    if withdrawal.status in TERMINAL:
        return None
    return expected_on(withdrawal)


# --- the timeline


def _steps(
    withdrawal: Withdrawal, reached: Mapping[str, datetime], came_back: WithdrawalReturn | None, expected: date | None
) -> tuple[Step, ...]:
    """Requested · Checking · Approved · Sent · Arrived, with what went another way in its place."""
    steps = [Step("requested", _("You asked for it"), "done", withdrawal.created_at)]
    if withdrawal.status == Status.AWAITING_STEP_UP:
        steps.append(Step("confirm", _("Waiting for your PIN"), "now", withdrawal.expires_at))
    elif Status.SCREENING in reached:
        steps.append(_checking(withdrawal, reached))
    if Status.APPROVED in reached:
        steps.append(Step("approved", _("Approved"), "done", reached[Status.APPROVED]))
    if withdrawal.status in STOPPED:
        never_paid = withdrawal.reason in NEVER_PAID
        stop = _("Not paid by the bank; the money is available again") if never_paid else _STOPS[withdrawal.status]
        return (*steps, Step(withdrawal.status.lower(), stop, "bad", reached.get(withdrawal.status)))
    if withdrawal.status == Status.AWAITING_STEP_UP:
        steps.append(Step("checking", _("We check it"), "todo"))
    if Status.APPROVED not in reached:
        steps.append(Step("approved", _("Approved"), "todo"))
    steps.append(_sent(withdrawal, reached))
    if came_back is not None:
        if withdrawal.settled_at is not None:
            steps.append(Step("arrived", _("Paid out by the bank"), "done", withdrawal.settled_at))
        return (*steps, Step("came_back", _("Came back to your wallet"), "bad", came_back.returned_at))
    if withdrawal.status == Status.SETTLED:
        return (*steps, *_arrival(withdrawal))
    return (*steps, Step("arrived", _("Arrives"), "todo", on=expected))


def _arrival(withdrawal: Withdrawal) -> tuple[Step, ...]:
    at = withdrawal.settled_at
    if withdrawal.booked_minor is None:
        return (Step("arrived", _("Arrived"), "done", at),)
    other = Step("arrived", _("Arrived, with another amount"), "done", at)
    rest = Step("rest_back", _("The rest is back in your wallet"), "done", at)
    return (other, rest) if rest_of(withdrawal) is not None else (other,)


def _checking(withdrawal: Withdrawal, reached: Mapping[str, datetime]) -> Step:
    at = reached[Status.SCREENING]
    if withdrawal.status == Status.AWAITING_CUSTOMER:
        return Step("checking", _("We asked you a question"), "now", reached.get(Status.AWAITING_CUSTOMER, at))
    if withdrawal.status in CHECKING:
        return Step("checking", _("We are checking it"), "now", at)
    by_hand = Status.UNDER_REVIEW in reached
    return Step("checking", _("Checked by our team") if by_hand else _("Checked"), "done", at)


def _sent(withdrawal: Withdrawal, reached: Mapping[str, datetime]) -> Step:
    if withdrawal.sent_at is not None:
        return Step("sent", _("Sent by our bank"), "done", withdrawal.sent_at, detail=withdrawal.end_to_end_id)
    if withdrawal.status in AT_THE_BANK:
        return Step("sent", _("On its way to the bank"), "now", reached.get(Status.SUBMITTED))
    return Step("sent", _("Sent"), "now" if withdrawal.status == Status.APPROVED else "todo")
