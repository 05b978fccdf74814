"""What is left of a person's limits, before they type an amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.jurisdictions.rates import from_euro_cents
from accounts.limits import policy
from accounts.limits.models import LimitUsage
from ledger.money import Money

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

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
    found = {row.product: row for row in _today(user.pk, at=at, time_zone=user.time_zone)}
    return [_standing(user, product, found.get(product), at=at, reduced=reduced) for product in policy.PRODUCTS]


def remaining(
    user: User, *, product: Product, at: datetime, currency: str = policy.LIMIT_CURRENCY, reduced: bool = False
) -> Money:
    """The most that one payment in ``currency`` may be now, in one query."""
    cap = policy.cap(user.tier, product, reduced=reduced)
    used = used_minor(user.pk, product, at=at, time_zone=user.time_zone)
    return Money(from_euro_cents(max(min(cap.per_payment_minor, cap.per_day_minor - used), 0), currency), currency)


def used_minor(user_id: UUID, product: Product, *, at: datetime, time_zone: str) -> int:
    """What the day of ``at`` has used of a limit, in euro cents; one query."""
    rows = [row for row in _today(user_id, at=at, time_zone=time_zone) if row.product == product]
    return rows[-1].used_minor if rows else 0


def _today(user_id: UUID, *, at: datetime, time_zone: str) -> list[LimitUsage]:
    """The counters of the day of ``at``; of a product's two (one of them over, by another time zone) the later last."""
    day = policy.local_day(at, time_zone)
    lately = LimitUsage.objects.filter(
        user_id=user_id, currency=policy.LIMIT_CURRENCY, day__gte=day - policy.DAYS_APART
    )
    return list(lately.filter(Q(ends_at__gt=at) | Q(day=day)).order_by("ends_at"))


def _standing(user: User, product: Product, counter: LimitUsage | None, *, at: datetime, reduced: bool) -> Standing:
    used = counter.used_minor if counter is not None else 0
    goes_on = counter is not None and counter.ends_at > at
    cap = policy.cap(user.tier, product, reduced=reduced)

    def money(minor: int) -> Money:
        return Money(minor, policy.LIMIT_CURRENCY)

    return Standing(
        product=product,
        per_payment=money(cap.per_payment_minor),
        per_day=money(cap.per_day_minor),
        used=money(used),
        remaining=money(max(min(cap.per_payment_minor, cap.per_day_minor - used), 0)),
        resets_at=counter.ends_at if counter and goes_on else policy.day_ends_at(at, user.time_zone),
    )
