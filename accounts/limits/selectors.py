"""What is left of a person's limits, before they type an amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.jurisdictions.rates import from_euro_cents
from accounts.limits import policy
from accounts.limits.models import LimitUsage
from ledger.money import Money

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User
    from accounts.limits.policy import Product


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit as it stands: what one payment and one day may be, what today has used, and when it starts anew."""

    product: Product
    per_payment: Money
    per_day: Money
    used: Money
    remaining: Money
    resets_at: datetime

    @property
    def name(self) -> str:
        """The product in the active language."""
        return str(policy.PRODUCT_NAMES[self.product])

    @property
    def used_per_mille(self) -> int:
        """How much of the day is used, 0 to 1000."""
        return min(self.used.amount_minor * 1000 // self.per_day.amount_minor, 1000)


def summary(user: User, *, at: datetime, reduced: bool = False) -> list[Standing]:
    """Every limit of ``user`` at ``at``, in one query. Amounts are in the currency the limits are kept in."""
    day = policy.local_day(at, user.time_zone)
    rows = LimitUsage.objects.filter(user_id=user.pk, currency=policy.LIMIT_CURRENCY, day=day)
    used = dict(rows.values_list("product", "used_minor"))
    return [_standing(user, product, used.get(product, 0), at=at, reduced=reduced) for product in policy.PRODUCTS]


def remaining(
    user: User, *, product: Product, at: datetime, currency: str = policy.LIMIT_CURRENCY, reduced: bool = False
) -> Money:
    """The most that one payment in ``currency`` may be now, in one query."""
    cap = policy.cap(user.tier, product, reduced=reduced)
    day = policy.local_day(at, user.time_zone)
    rows = LimitUsage.objects.filter(user_id=user.pk, product=product, currency=policy.LIMIT_CURRENCY, day=day)
    used = rows.values_list("used_minor", flat=True).first() or 0
    return Money(from_euro_cents(max(min(cap.per_payment_minor, cap.per_day_minor - used), 0), currency), currency)


def _standing(user: User, product: Product, used: int, *, at: datetime, reduced: bool) -> Standing:
    cap = policy.cap(user.tier, product, reduced=reduced)

    def money(minor: int) -> Money:
        return Money(minor, policy.LIMIT_CURRENCY)

    return Standing(
        product=product,
        per_payment=money(cap.per_payment_minor),
        per_day=money(cap.per_day_minor),
        used=money(used),
        remaining=money(max(min(cap.per_payment_minor, cap.per_day_minor - used), 0)),
        resets_at=policy.day_ends_at(at, user.time_zone),
    )
