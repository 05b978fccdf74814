"""The kinds of breaks, each named for what it says about the books."""

from __future__ import annotations

from enum import StrEnum


class BreakKind(StrEnum):
    """What does not fit."""

    UNKNOWN_ENTRY = "UNKNOWN_ENTRY"
    """The statement has a movement that is none of ours."""
    WRONG_AMOUNT = "WRONG_AMOUNT"
    """Our payment, another amount."""
    PAID_TWICE = "PAID_TWICE"
    """One payment of ours was debited more than once."""
    PAID_AFTER_FAILURE = "PAID_AFTER_FAILURE"
    """We gave the money back to the person, and the bank paid all the same."""
    MISSING_ENTRY = "MISSING_ENTRY"
    """The bank gave notice of a movement, and the day's statement does not have it."""
    NOT_BOOKED = "NOT_BOOKED"
    """The bank accepted a payment days ago and has not booked it."""
    OPENING_DIFFERS = "OPENING_DIFFERS"
    """A statement does not open where the one before closed."""
    SUM_DIFFERS = "SUM_DIFFERS"
    """Opening balance and movements do not make the closing balance."""
    STATEMENT_MISSING = "STATEMENT_MISSING"
    """The bank's numbering has a hole."""
    FOREIGN_FILE = "FOREIGN_FILE"
    """A message about a payment of ours names a file that is not the payment's."""
    RETURNED_UNPAID = "RETURNED_UNPAID"
    """Money is said to come back of a payment that was not made."""
    RETURNED_TWICE = "RETURNED_TWICE"
    """One payment came back more than once."""
    REVERSED = "REVERSED"
    """The bank takes back a credit of a payment of ours."""
    UNREADABLE_ENTRY = "UNREADABLE_ENTRY"
    """A movement of the statement cannot be read."""
    CLEARING_UNEXPLAINED = "CLEARING_UNEXPLAINED"
    """A clearing account holds money that nothing on its way explains."""


class BreakStatus(StrEnum):
    """Open until a person resolves it."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
