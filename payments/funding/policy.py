"""The rules of adding money: states, smallest sums, what matures when, and what a reading means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ledger.money import Money
from payments.funding.states import FORWARD, MOVES, TERMINAL, TopUpStatus
from payments.providers.base import MoneyState, PageState, PaymentNow

METHODS = ("card",)
MIN_MINOR = {"EUR": 100, "USD": 100}
"""The smallest card top-up, in minor units; also the list of currencies that cards can add."""

STOPPED_BY_PERSON = "by_person"
"""The reason of a top-up whose person stopped it; noted before the provider's page is closed."""

GIVEN_BACK = "given_back"
"""The reason of a top-up that did not match and whose money the provider gave back."""
READING_FRESH_FOR = timedelta(minutes=10)
"""How long what the provider said counts for a decision of the desk."""

PAGE_LIFE = timedelta(hours=23)
"""How long the provider's page can be paid (Stripe allows 24 h at most)."""

PAGE_LIFE_MIN = timedelta(minutes=31)
"""A page that would live shorter is not opened any more (Stripe refuses less than 30 minutes)."""

FREE_MATURING_MINOR = 10_000
"""The first EUR 100 (euro cents; other currencies by the reference rates) topped up in a life matures at once."""
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


def in_order(status: str) -> int:
    """Where a state stands in a top-up's life: its history is shown in this order, each state being passed once."""
    known = TopUpStatus(status)
    if known in FORWARD[:-1]:
        return FORWARD.index(known)
    return len(FORWARD) + (known in TERMINAL)


def matures_at_once_minor(*, used_minor: int) -> int:
    """How much of the allowance (euro cents) is left for money that may be sent at once."""
    return max(FREE_MATURING_MINOR - used_minor, 0)


def maturing_days(tier: int) -> int:
    """Days until card money can be sent or withdrawn; a tier above the table counts as its highest."""
    return MATURING_DAYS[min(tier, max(MATURING_DAYS))]


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


# Stripe's error and decline codes (docs.stripe.com/declines/codes). Whatever is not here reads like any decline, and on
# purpose so do lost, stolen and fraud: a thief learns nothing.
_CODES: dict[str, tuple[str, ...]] = {
    "insufficient_funds": ("insufficient_funds",),
    "expired_card": ("expired_card", "invalid_expiry_month", "invalid_expiry_year"),
    "incorrect_cvc": ("incorrect_cvc", "invalid_cvc"),
    "incorrect_number": ("incorrect_number", "invalid_number"),
    "processing_error": ("processing_error", "try_again_later", "reenter_transaction"),
    "bank_unreachable": ("authentication_not_handled", "issuer_not_available"),
    "authentication_failed": ("payment_intent_authentication_failure", "authentication_required"),
    "card_velocity_exceeded": ("card_velocity_exceeded", "withdrawal_count_limit_exceeded"),
    "card_not_supported": (
        "card_not_supported",
        "currency_not_supported",
        "not_permitted",
        "service_not_allowed",
        "transaction_not_allowed",
    ),
    "test_cards_only": ("test_mode_live_card", "live_mode_test_card", "testmode_decline"),
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes}
ANY_DECLINE = "card_declined"
FAILURE_REASONS = frozenset({ANY_DECLINE, *_CODES})


def failure_reason(code: str) -> str:
    """Our reason for a provider's error or decline code."""
    return _REASONS.get(code, ANY_DECLINE)


def check_again_in(checks: int) -> timedelta:
    """When a worker asks the provider again: soon at first, then up to every 15 minutes."""
    return timedelta(seconds=min(15 * 2 ** min(checks, 10), 900))
