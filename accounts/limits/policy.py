"""The table of limits: tier × product. Amounts are euro cents; other currencies count by the reference rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from accounts.jurisdictions.rates import EURO

if TYPE_CHECKING:
    from django.utils.functional import Promise

Product = Literal["TOP_UP", "SEND", "WITHDRAW"]
PRODUCTS: tuple[Product, ...] = ("TOP_UP", "SEND", "WITHDRAW")
LIMIT_CURRENCY = EURO

PRODUCT_NAMES: dict[Product, str | Promise] = {
    "TOP_UP": _("Add money"),
    "SEND": _("Send to people"),
    "WITHDRAW": _("Withdraw to a bank"),
}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so much at once, and on one day of the person's calendar, in euro cents."""

    per_payment_minor: int
    per_day_minor: int


# Tier 0 has a verified contact and nothing else; higher tiers come with identity checks.
CAPS: dict[tuple[int, Product], Cap] = {
    (0, "TOP_UP"): Cap(per_payment_minor=100_000, per_day_minor=100_000),
    (0, "SEND"): Cap(per_payment_minor=50_000, per_day_minor=50_000),
    (0, "WITHDRAW"): Cap(per_payment_minor=1_000_000, per_day_minor=1_000_000),
}


# For 24 hours after a payment PIN was reset: whoever reset it should not be able to empty the wallet at once.
REDUCED: dict[Product, Cap] = {
    "SEND": Cap(per_payment_minor=10_000, per_day_minor=10_000),
    "WITHDRAW": Cap(per_payment_minor=10_000, per_day_minor=10_000),
}


def cap(tier: int, product: Product, *, reduced: bool = False) -> Cap:
    """The cap in force for a tier: the highest row that is not above it. A product without a row is a defect."""
    known = [row for row in range(tier, -1, -1) if (row, product) in CAPS]
    full = CAPS[(known[0], product)]
    return REDUCED.get(product, full) if reduced else full


DAYS_APART = timedelta(days=2)
"""The calendar days of two time zones are never further apart."""


def local_day(at: datetime, time_zone: str) -> date:
    """The person's calendar day at ``at``. It may have 23 or 25 hours; the limit is the same."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def day_ends_at(at: datetime, time_zone: str) -> datetime:
    """When the day limit starts anew: the next local midnight, in UTC."""
    zone = ZoneInfo(time_zone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, tzinfo=zone).astimezone(UTC)
