"""The rules of comparing: when something is late, and what explains the money on a clearing account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.approvals.policy import require_reason
from payments.banking.policy import is_bank_day
from payments.reconciliation.kinds import BreakKind

if TYPE_CHECKING:
    from datetime import date

BOOKED_WITHIN = timedelta(days=5)
"""An accepted payment is on a statement after a business day; five calendar days span any weekend and holiday."""
ANSWER_FRESH_FOR = timedelta(minutes=10)
"""How long the bank's "I do not have it" counts for a decision."""
STATEMENTS_PER_RUN = 10
LATE_PER_STATEMENT = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """A break about to be written down. ``key`` says the same of the same finding, however often it is found."""

    kind: BreakKind
    subject: str
    details: dict[str, int | str]

    @property
    def key(self) -> str:
        """Unique per finding."""
        return f"{self.kind.value}:{self.subject}"[:120]


def late_before(day: date) -> date:
    """Payments asked for before this day should be on the statement of ``day`` or an earlier one."""
    return day - BOOKED_WITHIN


def last_bank_day_before(day: date) -> date:
    """The last day before ``day`` of which the bank makes a statement with movements."""
    earlier = day - timedelta(days=1)
    return earlier if is_bank_day(earlier) else last_bank_day_before(earlier)


def first_bank_day_from(day: date) -> date:
    """``day`` itself, or the next one on which payments are booked."""
    return day if is_bank_day(day) else first_bank_day_from(day + timedelta(days=1))


def words_of(reason: str, evidence: str) -> str:
    """What a maker wrote: why, and what shows it. Raises ReasonMissing when one of the two says nothing."""
    return f"{require_reason(reason)} · {require_reason(evidence)}"


def unexplained(balance_minor: int, explained: dict[str, int]) -> int:
    """What is left of a balance after everything that explains a part of it."""
    return balance_minor - sum(explained.values())
