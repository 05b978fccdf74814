"""The rules of adding money: states, smallest sums, what matures when, and what a reading means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from ledger.money import Money
from payments.providers.base import MoneyState, PageState, PaymentNow


class TopUpStatus(StrEnum):
    """The states of a top-up (states.md)."""

    DRAFT = "DRAFT"
    AWAITING_METHOD = "AWAITING_METHOD"
    AWAITING_ACTION = "AWAITING_ACTION"
    PROCESSING = "PROCESSING"
    UNDER_REVIEW = "UNDER_REVIEW"
    MISMATCH = "MISMATCH"
    CREDITED = "CREDITED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


TERMINAL = frozenset({TopUpStatus.CREDITED, TopUpStatus.FAILED, TopUpStatus.CANCELLED, TopUpStatus.EXPIRED})

FORWARD = (
    TopUpStatus.DRAFT,
    TopUpStatus.AWAITING_METHOD,
    TopUpStatus.AWAITING_ACTION,
    TopUpStatus.PROCESSING,
    TopUpStatus.CREDITED,
)
"""The way a top-up goes when all is well, one step at a time."""

_STOPS = (TopUpStatus.FAILED, TopUpStatus.CANCELLED, TopUpStatus.EXPIRED)
MOVES: tuple[tuple[TopUpStatus, TopUpStatus], ...] = (
    *pairwise(FORWARD),
    *((before, stop) for before in FORWARD[:-1] for stop in _STOPS),
    (TopUpStatus.PROCESSING, TopUpStatus.UNDER_REVIEW),
    (TopUpStatus.UNDER_REVIEW, TopUpStatus.CREDITED),
    (TopUpStatus.UNDER_REVIEW, TopUpStatus.FAILED),
    (TopUpStatus.PROCESSING, TopUpStatus.MISMATCH),
    (TopUpStatus.MISMATCH, TopUpStatus.CREDITED),
    (TopUpStatus.MISMATCH, TopUpStatus.FAILED),
)

METHODS = ("card",)
MIN_MINOR = {"EUR": 100, "USD": 100}
"""The smallest card top-up, in minor units; also the list of currencies that cards can add."""

PAGE_LIFE = timedelta(hours=23)
"""How long the provider's page can be paid (Stripe allows 24 h at most)."""

FREE_MATURING_MINOR = 10_000
"""The first EUR 100 topped up in a person's life matures at once."""
FREE_MATURING_CURRENCY = "EUR"
MATURING_DAYS = {0: 3, 1: 2, 2: 1, 3: 0}
"""Days until card money can be sent or withdrawn, by tier."""

FEE_MINOR = 0
"""Card top-ups are free."""


def path(before: TopUpStatus, after: TopUpStatus) -> tuple[TopUpStatus, ...]:
    """The states to pass from ``before`` to ``after``, the last one included; ValueError if there is no way."""
    if (before, after) in MOVES:
        return (after,)
    if before in FORWARD and after in FORWARD and FORWARD.index(before) < FORWARD.index(after):
        return FORWARD[FORWARD.index(before) + 1 : FORWARD.index(after) + 1]
    if before in FORWARD and (TopUpStatus.PROCESSING, after) in MOVES:
        return (*path(before, TopUpStatus.PROCESSING), after)
    raise ValueError(f"a top-up cannot go from {before} to {after}")


def matures_at_once_minor(amount: Money, *, used_minor: int) -> int:
    """How much of ``amount`` may be sent at once, given what the person has used of the allowance."""
    if amount.currency != FREE_MATURING_CURRENCY:
        return 0
    return min(amount.amount_minor, max(FREE_MATURING_MINOR - used_minor, 0))


@dataclass(frozen=True, slots=True)
class Step:
    """What to do after a reading: move to ``status`` (None: stay), or close the page first and read again."""

    status: TopUpStatus | None
    reason: str = ""
    close_page: bool = False


STAY = Step(None)


def next_step(now: PaymentNow, *, asked: Money, reference: str) -> Step:
    """What one reading of the provider means. A declined try closes the page before it counts as failed."""
    if now.money is MoneyState.RECEIVED:
        agrees = now.received == asked and now.reference == reference
        return Step(TopUpStatus.CREDITED) if agrees else Step(TopUpStatus.MISMATCH, "amount_or_reference")
    if now.page is PageState.EXPIRED:
        if now.money is MoneyState.FAILED:
            return Step(TopUpStatus.FAILED, failure_reason(now.failure_code))
        return Step(TopUpStatus.EXPIRED, "page_expired")
    if now.money is MoneyState.FAILED:
        if now.page is PageState.OPEN:
            return Step(None, close_page=True)
        return Step(TopUpStatus.FAILED, failure_reason(now.failure_code))
    if now.money is MoneyState.PROCESSING or now.page is PageState.COMPLETE:
        return Step(TopUpStatus.PROCESSING)
    return STAY


_REASONS = {
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "incorrect_cvc": "incorrect_cvc",
    "incorrect_number": "incorrect_number",
    "processing_error": "processing_error",
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
    "authentication_not_handled": "authentication_failed",
    "card_velocity_exceeded": "card_velocity_exceeded",
}


def failure_reason(code: str) -> str:
    """Our reason for a provider's decline code. Lost, stolen and fraud look like any decline, on purpose."""
    return _REASONS.get(code, "card_declined")


def check_again_in(checks: int) -> timedelta:
    """When a worker asks the provider again: soon at first, then up to every 15 minutes."""
    return timedelta(seconds=min(15 * 2 ** min(checks, 10), 900))
