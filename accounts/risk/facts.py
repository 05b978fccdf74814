"""What risk may know about one outgoing payment: values, gathered by the caller."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One payment before it happens.

    Amounts are minor units of ``currency``; ``amount_euro_cents`` and ``spent_today_euro_cents`` are what they count
    as in euro (the amounts themselves when ``currency`` is EUR). ``spent_today`` does not include this payment.
    ``session_age_seconds`` is None where the device's session is unknown.
    """

    amount_minor: int
    currency: str
    first_time_payee: bool
    trusted_payee: bool
    spent_today_minor: int
    sends_today: int
    session_age_seconds: int | None
    account_age_seconds: int
    amount_euro_cents: int | None = None
    spent_today_euro_cents: int | None = None

    @property
    def euro_cents(self) -> int:
        """The amount in euro cents. Another currency without its euro amount is a defect: ValueError."""
        return self._in_euro(self.amount_euro_cents, self.amount_minor)

    @property
    def spent_euro_cents(self) -> int:
        """What was sent earlier today, in euro cents."""
        return self._in_euro(self.spent_today_euro_cents, self.spent_today_minor)

    def _in_euro(self, given: int | None, minor: int) -> int:
        if given is not None:
            return given
        if self.currency != "EUR":
            raise ValueError("give the euro amount beside an amount in another currency")
        return minor

    def as_evidence(self) -> dict[str, Any]:
        """Every fact as JSON values, to be stored with the decision."""
        return {fact.name: getattr(self, fact.name) for fact in fields(self)}
