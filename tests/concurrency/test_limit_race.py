"""Forty sends at once get exactly what the day allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from accounts.identity.models import User
from accounts.limits.models import LimitUsage
from accounts.limits.services import OverLimit, check, give_back
from ledger.money import Money
from wallet_project.lib import db

if TYPE_CHECKING:
    from uuid import UUID

THREADS = 40
AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"

pytestmark = pytest.mark.usefixtures("clone_db")


def _person(handle: str) -> UUID:
    return User.objects.create_user(handle=handle, email=f"{handle}@example.com").pk


def _race(user_id: UUID, amounts: list[int]) -> list[int]:
    """Every amount in a thread of its own, all let go at once; the amounts that passed."""
    barrier = Barrier(len(amounts))

    def one(minor: int) -> int:
        try:
            barrier.wait(30)
            with db.transaction():
                check(user_id=user_id, tier=0, product="SEND", amount=Money(minor, "EUR"), at=AT, time_zone=ZONE)
        except OverLimit:
            return 0
        else:
            return minor
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(amounts)) as pool:
        return [minor for minor in pool.map(one, amounts) if minor]


def _counter(user_id: UUID) -> tuple[int, int]:
    row = LimitUsage.objects.get(user_id=user_id, day=AT.date())
    return row.used_minor, row.uses


def test_equal_sends_get_exactly_what_the_day_allows() -> None:
    user_id = _person("limit.equal")
    passed = _race(user_id, [2_000] * THREADS)
    assert len(passed) == 25
    assert _counter(user_id) == (50_000, 25)


def test_uneven_sends_never_pass_the_cap_and_the_counter_is_their_sum() -> None:
    user_id = _person("limit.uneven")
    passed = _race(user_id, [1_000 + 137 * number for number in range(THREADS)])
    assert sum(passed) <= 50_000
    assert _counter(user_id) == (sum(passed), len(passed))
    # Nothing that was refused would have fitted into what is left at the end.
    refused = {1_000 + 137 * number for number in range(THREADS)} - set(passed)
    assert min(refused) > 50_000 - sum(passed)


def test_giving_back_and_taking_at_once_loses_nothing() -> None:
    user_id = _person("limit.both")
    _race(user_id, [2_500] * 20)
    assert _counter(user_id) == (50_000, 20)
    barrier = Barrier(20)

    def back(_: int) -> int:
        try:
            barrier.wait(30)
            with db.transaction():
                return give_back(user_id=user_id, product="SEND", amount=Money(2_500, "EUR"), at_of_use=AT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(back, range(20))) == 50_000
    assert _counter(user_id) == (0, 0)
