"""Risk as a pure function: facts in, answer and reasons out. No database, no clock, no settings.

Five rules add up weights. From 40 on the person confirms again; review and block exist only from EUR 500, below
that a false alarm would cost more than it saves. PSD2 RTS 2018/389 art. 2 and 18 name these signals.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.risk.facts import Facts

ENGINE_VERSION = 1

STEP_UP_FROM = 40
REVIEW_FROM = 150
BLOCK_FROM = 180
REVIEWED_FROM_EURO_CENTS = 50_000

# From this many euro cents on, the amount alone weighs so much; heaviest first.
LARGE: tuple[tuple[int, int], ...] = ((100_000, 80), (50_001, 60), (25_000, 40))
ROLLING_EURO_CENTS = 30_000
NEW_SESSION_SECONDS = 3_600
YOUNG_ACCOUNT_SECONDS = 3 * 24 * 3_600


class Outcome(StrEnum):
    """What happens next, mildest first."""

    ALLOW = "ALLOW"
    STEP_UP = "STEP_UP"
    REVIEW = "REVIEW"
    BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True)
class Fired:
    """One rule that spoke: its weight, and the numbers it looked at."""

    code: str
    weight: int
    inputs: dict[str, int | bool | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` is the code of the heaviest rule, empty when none spoke."""

    outcome: Outcome
    rules: tuple[Fired, ...]
    reason: str
    score: int


def decide(facts: Facts) -> Decision:
    """The answer for one payment. The same facts always give the same answer."""
    fired = tuple(found for rule in RULES if (found := rule(facts)) is not None)
    score = sum(rule.weight for rule in fired)
    reason = max(fired, key=lambda rule: rule.weight).code if fired else ""
    return Decision(outcome=_outcome(score, facts.euro_cents), rules=fired, reason=reason, score=score)


def _outcome(score: int, euro_cents: int) -> Outcome:
    if score < STEP_UP_FROM:
        return Outcome.ALLOW
    if euro_cents < REVIEWED_FROM_EURO_CENTS or score < REVIEW_FROM:
        return Outcome.STEP_UP
    return Outcome.BLOCK if score >= BLOCK_FROM else Outcome.REVIEW


def amount_large(facts: Facts) -> Fired | None:
    """EUR 250 is confirmed whoever gets it; above EUR 500 and from EUR 1,000 it weighs more."""
    for from_cents, weight in LARGE:
        if facts.euro_cents >= from_cents:
            return Fired("AMOUNT_LARGE", weight, {"euro_cents": facts.euro_cents})
    return None


def first_time_payee(facts: Facts) -> Fired | None:
    """Most fraud pays somebody the victim never paid before; always confirmed."""
    return Fired("FIRST_TIME_PAYEE", 40, {"first_time": True}) if facts.first_time_payee else None


def new_session(facts: Facts) -> Fired | None:
    """A device that signed in within the hour, or that we know nothing of; a trusted payee makes it harmless."""
    age = facts.session_age_seconds
    if facts.trusted_payee or (age is not None and age >= NEW_SESSION_SECONDS):
        return None
    return Fired("NEW_SESSION", 20, {"session_age_seconds": age})


def rolling_spend(facts: Facts) -> Fired | None:
    """With this one, more than EUR 300 leave today. How many sends that took does not matter."""
    total = facts.spent_euro_cents + facts.euro_cents
    if total <= ROLLING_EURO_CENTS:
        return None
    return Fired("ROLLING_SPEND", 20, {"today_euro_cents": total, "sends_today": facts.sends_today})


def fresh_money(facts: Facts) -> Fired | None:
    """An account of less than three days sends money on; a trusted payee makes it harmless."""
    if facts.trusted_payee or facts.account_age_seconds >= YOUNG_ACCOUNT_SECONDS:
        return None
    return Fired("YOUNG_ACCOUNT", 20, {"account_age_seconds": facts.account_age_seconds})


RULES: tuple[Callable[[Facts], Fired | None], ...] = (
    amount_large,
    first_time_payee,
    new_session,
    rolling_spend,
    fresh_money,
)
