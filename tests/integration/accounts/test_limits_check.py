"""One check takes from the day's limit or says what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from accounts.limits.models import LimitUsage
from accounts.limits.selectors import remaining, summary
from accounts.limits.services import OverLimit, Usage, check, give_back
from ledger.money import Money
from wallet_project.lib import db
from wallet_project.lib.describing import describe

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

BERLIN = "Europe/Berlin"
AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def _send(user: User, minor: int, *, at: datetime = AT, currency: str = "EUR", **more: Any) -> Usage:
    values = {"tier": 0, "product": "SEND", "time_zone": BERLIN} | more
    with db.transaction():
        return check(user_id=user.pk, amount=Money(minor, currency), at=at, **values)


def _used(user: User) -> list[tuple[str, str, int, int]]:
    rows = LimitUsage.objects.filter(user=user).order_by("day", "product")
    return [(row.product, row.day.isoformat(), row.used_minor, row.uses) for row in rows]


class TestCheck:
    def test_counts_and_says_how_the_day_stands(self, alice: User) -> None:
        day = AT.date()
        assert _send(alice, 20_000) == Usage(
            used_minor=20_000, count=1, cap_minor=50_000, remaining_minor=30_000, day=day
        )
        assert _send(alice, 30_000) == Usage(used_minor=50_000, count=2, cap_minor=50_000, remaining_minor=0, day=day)
        assert _used(alice) == [("SEND", "2026-05-04", 50_000, 2)]

    def test_is_one_statement(self, alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        _send(alice, 1)
        with db.transaction(), django_assert_num_queries(1):
            check(user_id=alice.pk, tier=0, product="SEND", amount=Money(1, "EUR"), at=AT, time_zone=BERLIN)

    def test_refuses_one_cent_too_many_and_takes_nothing(self, alice: User) -> None:
        _send(alice, 49_999)
        with pytest.raises(OverLimit) as refused:
            _send(alice, 2)
        assert refused.value.params["remaining_minor"] == 1
        assert refused.value.params["window"] == "day"
        assert _used(alice) == [("SEND", "2026-05-04", 49_999, 1)]
        assert _send(alice, 1).remaining_minor == 0

    def test_refuses_a_payment_above_the_cap_of_one_payment(self, alice: User) -> None:
        _send(alice, 10_000)
        with pytest.raises(OverLimit) as refused:
            _send(alice, 50_001)
        assert (refused.value.params["remaining_minor"], refused.value.params["window"]) == (40_000, "payment")
        assert _used(alice) == [("SEND", "2026-05-04", 10_000, 1)]

    def test_refuses_the_largest_number_there_is(self, alice: User) -> None:
        with pytest.raises(OverLimit):
            _send(alice, 2**63 - 1)
        assert _used(alice) == []

    def test_products_and_people_do_not_share(self, alice: User, bob: User) -> None:
        _send(alice, 50_000)
        assert _send(alice, 100_000, product="TOP_UP").remaining_minor == 0
        assert _send(bob, 50_000).remaining_minor == 0

    def test_gives_back_with_the_callers_transaction(self, alice: User) -> None:
        def fail() -> None:
            with db.transaction():
                check(user_id=alice.pk, tier=0, product="SEND", amount=Money(1, "EUR"), at=AT, time_zone=BERLIN)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert _used(alice) == []

    def test_needs_the_callers_transaction(self, alice: User) -> None:
        with pytest.raises(db.NotInTransaction):
            check(user_id=alice.pk, tier=0, product="SEND", amount=Money(1, "EUR"), at=AT, time_zone=BERLIN)

    def test_is_smaller_after_a_pin_reset(self, alice: User) -> None:
        assert _send(alice, 10_000, reduced=True).remaining_minor == 0
        with pytest.raises(OverLimit):
            _send(alice, 1, reduced=True)

    def test_other_currencies_count_in_the_same_sum(self, alice: User) -> None:
        assert _send(alice, 11_000, currency="USD").used_minor == 10_000
        assert _send(alice, 1_600, currency="JPY").used_minor == 11_000
        with pytest.raises(OverLimit) as refused:
            _send(alice, 63_000, currency="JPY")
        assert (refused.value.params["remaining_minor"], refused.value.params["currency"]) == (62_400, "JPY")


class TestDays:
    @pytest.mark.parametrize(
        ("last", "first"),
        [
            (datetime(2026, 5, 4, 21, 59, 59, tzinfo=UTC), datetime(2026, 5, 4, 22, 0, tzinfo=UTC)),
            # Clocks go forward on 29 March and back on 25 October 2026.
            (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
            (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
            (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
        ],
    )
    def test_begin_at_local_midnight(self, alice: User, last: datetime, first: datetime) -> None:
        _send(alice, 50_000, at=last)
        with pytest.raises(OverLimit):
            _send(alice, 1, at=last)
        assert _send(alice, 50_000, at=first).count == 1

    @pytest.mark.parametrize("hour", [0, 1])
    def test_the_hour_that_comes_twice_is_one_day(self, alice: User, hour: int) -> None:
        _send(alice, 50_000, at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))  # 02:30 the first time
        with pytest.raises(OverLimit):
            _send(alice, 1, at=datetime(2026, 10, 25, hour + 1, 30, tzinfo=UTC))

    def test_are_the_persons_not_the_servers(self, alice: User, bob: User) -> None:
        at = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)
        assert _send(alice, 1, at=at, time_zone="Asia/Shanghai").day.isoformat() == "2026-05-05"
        assert _send(bob, 1, at=at, time_zone="America/New_York").day.isoformat() == "2026-05-04"


class TestGiveBack:
    def _back(self, user: User, minor: int, at_of_use: datetime = AT) -> int:
        with db.transaction():
            return give_back(user_id=user.pk, product="SEND", amount=Money(minor, "EUR"), at_of_use=at_of_use)

    def test_makes_room_again_on_the_day_of_the_use(self, alice: User) -> None:
        _send(alice, 50_000)
        assert self._back(alice, 50_000) == 50_000
        assert _used(alice) == [("SEND", "2026-05-04", 0, 0)]
        assert _send(alice, 50_000).remaining_minor == 0

    def test_never_gives_more_than_was_used(self, alice: User) -> None:
        _send(alice, 10_000)
        assert self._back(alice, 20_000) == 10_000
        assert self._back(alice, 10_000) == 0
        assert _used(alice) == [("SEND", "2026-05-04", 0, 0)]

    def test_of_another_day_changes_nothing_today(self, alice: User) -> None:
        _send(alice, 10_000)
        assert self._back(alice, 10_000, AT - timedelta(days=1)) == 0
        assert _used(alice) == [("SEND", "2026-05-04", 10_000, 1)]

    def test_the_database_refuses_a_negative_counter(self, alice: User) -> None:
        from django.db import IntegrityError

        _send(alice, 1)
        with pytest.raises(IntegrityError), db.transaction():
            LimitUsage.objects.filter(user=alice).update(used_minor=-1)


class TestSelectors:
    def test_summary_says_everything_in_one_query(
        self, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        _send(alice, 12_345)
        with django_assert_num_queries(1):
            top_up, send, withdraw = summary(alice, at=AT)
        assert (top_up.product, top_up.remaining, top_up.used) == ("TOP_UP", Money(100_000, "EUR"), Money(0, "EUR"))
        assert (send.product, send.remaining, send.used) == ("SEND", Money(37_655, "EUR"), Money(12_345, "EUR"))
        assert (send.per_payment, send.per_day) == (Money(50_000, "EUR"), Money(50_000, "EUR"))
        assert (send.used_per_mille, send.resets_at) == (246, datetime(2026, 5, 4, 22, 0, tzinfo=UTC))
        assert (withdraw.product, withdraw.remaining) == ("WITHDRAW", Money(1_000_000, "EUR"))

    def test_remaining_is_what_check_would_let_pass(self, alice: User) -> None:
        _send(alice, 12_345)
        assert remaining(alice, product="SEND", at=AT) == Money(37_655, "EUR")
        left = remaining(alice, product="SEND", at=AT, currency="USD")
        assert left == Money(41_420, "USD")
        assert _send(alice, left.amount_minor, currency="USD").remaining_minor == 0


class TestSentence:
    @pytest.mark.parametrize(
        ("language", "words"), [("en", ["€500.00", "€376.55"]), ("zh-hans", ["€500.00", "€376.55"])]
    )
    def test_says_the_limit_and_what_is_left(self, alice: User, language: str, words: list[str]) -> None:
        _send(alice, 12_345)
        with pytest.raises(OverLimit) as refused:
            _send(alice, 40_000)
        with translation.override(language):
            told = describe(refused.value)
        assert (told.code, told.status, told.money_moved) == ("over_limit", 422, False)
        assert words[0] in told.detail
        assert words[1] in told.next_step
        assert told.members == {"remaining_minor": 37_655, "currency": "EUR", "window": "day"}
