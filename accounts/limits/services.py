"""One check that holds however many requests race: the counter's row decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from accounts.jurisdictions.rates import from_euro_cents, in_euro_cents
from accounts.limits import policy, selectors
from accounts.limits.models import LimitUsage
from ledger.money import Money
from wallet_project.lib import db
from wallet_project.lib.errors import WalletError
from wallet_project.lib.ids import uuid7

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from accounts.limits.policy import Product


class OverLimit(WalletError):
    """More than the limit allows. ``remaining_minor`` of ``currency`` is what would pass now; ``remaining`` shows it.

    ``window`` is ``payment`` or ``day``; ``cap`` shows that window's limit.
    """

    code = "over_limit"


@dataclass(frozen=True, slots=True)
class Usage:
    """How the day stands after this use. The four amounts are euro cents; ``day`` is the person's own."""

    used_minor: int
    count: int
    cap_minor: int
    remaining_minor: int
    day: date


# One statement: the first use of a day inserts its row, later ones add to it only while the cap holds. The row stays
# locked until the caller's transaction ends, so 40 requests see 40 different sums. A day that has begun goes on until
# its own midnight, whatever time zone the person lives in by now.
_TAKE = """
INSERT INTO accounts_limit_usage AS counter
  (id, user_id, product, currency, day, begins_at, ends_at, used_minor, uses)
SELECT %(id)s, %(user)s, %(product)s, %(currency)s, COALESCE(begun.day, %(day)s), %(at)s,
  COALESCE(begun.ends_at, %(ends_at)s), %(amount)s, 1
FROM (SELECT max(day) AS day, max(ends_at) AS ends_at FROM accounts_limit_usage
  WHERE user_id = %(user)s AND product = %(product)s AND currency = %(currency)s AND ends_at > %(at)s
    AND day >= %(since)s) AS begun
ON CONFLICT (user_id, product, currency, day) DO UPDATE
SET used_minor = counter.used_minor + excluded.used_minor, uses = counter.uses + 1,
  begins_at = LEAST(counter.begins_at, excluded.begins_at), ends_at = GREATEST(counter.ends_at, excluded.ends_at)
WHERE counter.used_minor + excluded.used_minor <= %(cap)s
RETURNING used_minor, uses, day
"""

# The same day, with nothing used. What was over by another time zone goes on until the midnight of this one.
_BEGIN = """
INSERT INTO accounts_limit_usage AS counter
  (id, user_id, product, currency, day, begins_at, ends_at, used_minor, uses)
SELECT %(id)s, %(user)s, %(product)s, %(currency)s, %(day)s, %(at)s, %(ends_at)s, 0, 0
FROM (SELECT count(*) AS number FROM accounts_limit_usage
  WHERE user_id = %(user)s AND product = %(product)s AND currency = %(currency)s AND ends_at > %(at)s
    AND day >= %(since)s) AS begun
WHERE begun.number = 0
ON CONFLICT (user_id, product, currency, day) DO UPDATE SET ends_at = GREATEST(counter.ends_at, excluded.ends_at)
"""


def begin_day(*, user_id: UUID, at: datetime, time_zone: str) -> None:
    """Begins the day of every limit in ``time_zone``, the one a person is about to leave.

    In the transaction that changes it: whoever pays at that moment, still here or there already, finds the same
    counter. Raises NotInTransaction.
    """
    db.transaction_required()
    with connection.cursor() as cursor:
        for product in policy.PRODUCTS:
            cursor.execute(_BEGIN, _day(user_id, product, at=at, time_zone=time_zone))


def check(
    *,
    user_id: UUID,
    tier: int,
    product: Product,
    amount: Money,
    at: datetime,
    time_zone: str,
    reduced: bool = False,
) -> Usage:
    """Takes ``amount`` out of the person's limit for the day of ``at`` in ``time_zone``, or raises OverLimit.

    The use counts if and only if the caller's transaction commits. Raises NotInTransaction. The numbers are those of
    ``limits.policy`` (``reduced``: the smaller ones after a PIN reset); amounts in other currencies count by the
    reference rates, rounded up.
    """
    db.transaction_required()
    cap = policy.cap(tier, product, reduced=reduced)
    counted = in_euro_cents(amount.amount_minor, amount.currency)
    if counted > min(cap.per_payment_minor, cap.per_day_minor):
        used_today = selectors.used_minor(user_id, product, at=at, time_zone=time_zone)
        raise _over(cap, window="payment", used=used_today, currency=amount.currency)
    values = _day(user_id, product, at=at, time_zone=time_zone) | {"amount": counted, "cap": cap.per_day_minor}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    if row is None:
        used_today = selectors.used_minor(user_id, product, at=at, time_zone=time_zone)
        raise _over(cap, window="day", used=used_today, currency=amount.currency)
    used, count, day = row
    return Usage(used, count, cap.per_day_minor, cap.per_day_minor - used, day)


def give_back(*, user_id: UUID, product: Product, amount: Money, at_of_use: datetime) -> int:
    """Returns what an operation that came to nothing had used on its own day; the euro cents given back.

    For failed, cancelled and expired operations, never for refunds. Call it once per operation, in the transaction
    that moves it to its end. Gives back at most what that day still counts. Raises NotInTransaction.
    """
    db.transaction_required()
    counted = in_euro_cents(amount.amount_minor, amount.currency)
    counters = LimitUsage.objects.select_for_update().filter(
        user_id=user_id,
        product=product,
        currency=policy.LIMIT_CURRENCY,
        begins_at__lte=at_of_use,
        ends_at__gt=at_of_use,
    )
    counter = counters.order_by("ends_at").first()
    if counter is None or counter.uses == 0:
        return 0
    returned = min(counted, counter.used_minor)
    counter.used_minor -= returned
    counter.uses -= 1
    counter.save(update_fields=["used_minor", "uses"])
    return returned


def _day(user_id: UUID, product: Product, *, at: datetime, time_zone: str) -> dict[str, Any]:
    day = policy.local_day(at, time_zone)
    return {
        "id": uuid7(at),
        "user": user_id,
        "product": product,
        "currency": policy.LIMIT_CURRENCY,
        "day": day,
        "since": day - policy.DAYS_APART,
        "at": at,
        "ends_at": policy.day_ends_at(at, time_zone),
    }


def _over(cap: policy.Cap, *, window: str, used: int, currency: str) -> OverLimit:
    left = max(min(cap.per_payment_minor, cap.per_day_minor - used), 0)
    remaining = Money(from_euro_cents(left, currency), currency)
    whole = cap.per_payment_minor if window == "payment" else cap.per_day_minor
    return OverLimit(
        remaining_minor=remaining.amount_minor,
        currency=currency,
        window=window,
        remaining=remaining,
        cap=Money(from_euro_cents(whole, currency), currency),
    )
