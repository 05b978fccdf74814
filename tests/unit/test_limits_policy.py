"""The table of limits, the person's day, and what other currencies count as. Pure: no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.jurisdictions.rates import REFERENCE, from_euro_cents, in_euro_cents
from accounts.limits import policy


class TestCap:
    def test_tier_0_tops_up_1000_and_sends_500_euro_a_day(self) -> None:
        assert policy.cap(0, "TOP_UP") == policy.Cap(per_payment_minor=100_000, per_day_minor=100_000)
        assert policy.cap(0, "SEND") == policy.Cap(per_payment_minor=50_000, per_day_minor=50_000)

    def test_a_tier_without_a_row_has_the_next_lower_one(self) -> None:
        assert policy.cap(3, "SEND") == policy.cap(0, "SEND")

    def test_after_a_pin_reset_sending_is_reduced_and_adding_is_not(self) -> None:
        assert policy.cap(0, "SEND", reduced=True) == policy.Cap(per_payment_minor=10_000, per_day_minor=10_000)
        assert policy.cap(0, "TOP_UP", reduced=True) == policy.cap(0, "TOP_UP")

    def test_an_unknown_tier_is_a_defect(self) -> None:
        with pytest.raises(IndexError):
            policy.cap(-1, "SEND")


class TestLocalDay:
    @pytest.mark.parametrize(
        ("at", "zone", "day"),
        [
            (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 28)),
            (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 29)),
            # The day the clocks go forward has 23 hours …
            (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 29)),
            (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 30)),
            # … and the day they go back 25.
            (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 25)),
            (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 25)),
            (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 26)),
            (datetime(2026, 1, 1, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 1, 2)),
        ],
    )
    def test_is_the_persons_own(self, at: datetime, zone: str, day: date) -> None:
        assert policy.local_day(at, zone) == day

    @pytest.mark.parametrize(
        ("at", "hours"),
        [
            (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 23),
            (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 25),
            (datetime(2026, 6, 1, 22, 0, tzinfo=UTC), 24),
        ],
    )
    def test_ends_at_the_next_local_midnight(self, at: datetime, hours: int) -> None:
        assert policy.day_ends_at(at, "Europe/Berlin") == at + timedelta(hours=hours)


class TestReferenceRates:
    @pytest.mark.parametrize(
        ("minor", "currency", "cents"),
        [
            (12_345, "EUR", 12_345),
            (110, "USD", 100),
            (1, "USD", 1),
            (160, "JPY", 100),
            (1, "JPY", 1),
            (161, "JPY", 101),
        ],
    )
    def test_count_rounded_up(self, minor: int, currency: str, cents: int) -> None:
        assert in_euro_cents(minor, currency) == cents

    @pytest.mark.parametrize("currency", sorted(REFERENCE))
    @pytest.mark.parametrize("cents", [0, 1, 99, 50_000, 100_000])
    def test_what_is_said_to_remain_counts_as_no_more(self, currency: str, cents: int) -> None:
        most = from_euro_cents(cents, currency)
        assert in_euro_cents(most, currency) <= cents
        assert in_euro_cents(most + 1, currency) > cents

    def test_an_unknown_currency_is_a_defect(self) -> None:
        with pytest.raises(KeyError):
            in_euro_cents(1, "XXX")
