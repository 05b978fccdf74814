"""More than a day's limit in a day, by living in several time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.identity.services import update_profile
from accounts.limits.selectors import remaining, summary
from accounts.limits.services import OverLimit, Usage, check, give_back
from ledger.money import Money
from tests.factories.people import ORIGIN, make_person
from wallet_project.lib import db

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 11, 0, tzinfo=UTC)
WEST, HOME, EAST = "Etc/GMT+12", "Europe/Berlin", "Pacific/Kiritimati"
"""At noon in Berlin it is yesterday in the first and tomorrow in the last."""


def take(user: User, minor: int, zone: str, *, at: datetime = NOON) -> Usage:
    with db.transaction():
        return check(user_id=user.pk, tier=0, product="SEND", amount=Money(minor, "EUR"), at=at, time_zone=zone)


@pytest.mark.parametrize("zones", [(WEST, HOME, EAST), (HOME, EAST, WEST), (EAST, HOME, WEST), (HOME, WEST, EAST)])
def test_another_time_zone_gives_no_other_day(alice: User, zones: tuple[str, ...]) -> None:
    take(alice, 50_000, zones[0])
    for zone in zones[1:]:
        with pytest.raises(OverLimit):
            take(alice, 1, zone)
        alice.time_zone = zone
        assert remaining(alice, product="SEND", at=NOON) == Money(0, "EUR")
        assert summary(alice, at=NOON)[1].used == Money(50_000, "EUR")


def test_the_day_ends_where_it_began() -> None:
    """Whoever moved east waits for the midnight of the place they left, and no longer."""
    user = _person()
    take(user, 50_000, HOME)
    midnight = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)
    with pytest.raises(OverLimit):
        take(user, 1, EAST, at=midnight - timedelta(seconds=1))
    assert take(user, 50_000, EAST, at=midnight).remaining_minor == 0
    with pytest.raises(OverLimit):
        take(user, 1, HOME, at=midnight + timedelta(seconds=1))


def test_what_came_to_nothing_is_given_back_to_its_own_day() -> None:
    """Yesterday's pending payment, cancelled from a time zone where it is today's, frees nothing today."""
    user = _person()
    yesterday = NOON - timedelta(hours=16)
    take(user, 50_000, HOME, at=yesterday)
    take(user, 50_000, HOME)
    with db.transaction():
        assert give_back(user_id=user.pk, product="SEND", amount=Money(50_000, "EUR"), at_of_use=yesterday) == 50_000
    for zone in (HOME, EAST, WEST):
        with pytest.raises(OverLimit):
            take(user, 1, zone)


def test_moving_at_the_moment_of_the_first_payment_finds_one_counter() -> None:
    """A request that read the old time zone and one that read the new both come after the change."""
    user = _person()
    update_profile(user=user, changes={"time_zone": EAST}, at=NOON, origin=ORIGIN)
    take(user, 50_000, HOME)
    for zone in (EAST, HOME, WEST):
        with pytest.raises(OverLimit):
            take(user, 1, zone)


def test_moving_back_and_forth_without_paying_changes_nothing() -> None:
    user = _person()
    for zone in (EAST, WEST, HOME, EAST):
        update_profile(user=user, changes={"time_zone": zone}, at=NOON, origin=ORIGIN)
    assert summary(user, at=NOON)[1].used == Money(0, "EUR")
    assert take(user, 50_000, EAST).count == 1
    with pytest.raises(OverLimit):
        take(user, 1, WEST)


def _person() -> User:
    return make_person("traveller")
