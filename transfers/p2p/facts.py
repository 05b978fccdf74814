"""What risk may know about a transfer, from values the flow already has: no query."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.jurisdictions.rates import in_euro_cents
from accounts.risk.facts import Facts

if TYPE_CHECKING:
    from accounts.identity.models import User
    from accounts.limits.services import Usage
    from ledger.money import Money
    from transfers.p2p.selectors import Situation
    from wallet_project.lib.origin import Origin


def facts_of(*, sender: User, amount: Money, situation: Situation, usage: Usage, origin: Origin, at: datetime) -> Facts:
    """``usage`` already counts this payment; what was sent before it is the difference."""
    euro_cents = in_euro_cents(amount.amount_minor, amount.currency)
    spent_before = usage.used_minor - euro_cents
    return Facts(
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        amount_euro_cents=euro_cents,
        first_time_payee=situation.first_time,
        trusted_payee=situation.trusted,
        spent_today_minor=spent_before,
        spent_today_euro_cents=spent_before,
        sends_today=usage.count - 1,
        session_age_seconds=_session_age(origin, at),
        account_age_seconds=int((at - sender.date_joined).total_seconds()),
    )


def _session_age(origin: Origin, at: datetime) -> int | None:
    if origin.session_started_at is None:
        return None
    return int((at - datetime.fromisoformat(origin.session_started_at)).total_seconds())
