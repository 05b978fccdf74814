"""Months that are over: they chain, what comes later belongs to later, and nobody's unfinished work is left out.

The ledger dates its lines itself, so the owner, without its guards, moves some into the past; in a database of our own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection, connections

from accounts.statements import policy, services
from accounts.statements.models import Statement, Status
from accounts.wallets.selectors import wallet_of
from ledger.spans import is_settled
from tests.factories.people import make_person, now
from tests.factories.statements import asked, booked, csv_rows, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.identity.models import User

pytestmark = pytest.mark.usefixtures("clone_db")

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
LATER = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


def _moved(user: User, *moments: datetime) -> None:
    """Dates the lines of a wallet, in their order; the rest stay as they are."""
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
        for seq, moment in enumerate(moments, start=1):
            cursor.execute(
                "UPDATE ledger_posting SET created_at = %s WHERE account = %s AND seq = %s", [moment, wallet.id, seq]
            )
        cursor.execute("ALTER TABLE ledger_posting ENABLE TRIGGER USER")
    connections["owner"].close()


@pytest.fixture
def two_months(request: pytest.FixtureRequest) -> Iterator[User]:
    """Entries around the midnights of Berlin, of which the clocks go back in between."""
    user = make_person(f"p{abs(hash(request.node.name)) % 10**8}")
    for minor in (10_000, -100, -20, -3):
        booked(user, minor)
    _moved(
        user,
        datetime(2026, 9, 30, 21, 59, 59, 999_999, tzinfo=UTC),  # September's last moment in Berlin
        datetime(2026, 9, 30, 22, 0, tzinfo=UTC),  # October's first
        datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC),  # October's last second, in winter time
        datetime(2026, 10, 31, 23, 0, tzinfo=UTC),  # November's first
    )
    yield user
    connections.close_all()


def _amounts(statement: Statement) -> list[int]:
    rows = csv_rows(services.content_of(statement=statement))[1:-1]
    return [int(row["money_in_minor"] or 0) - int(row["money_out_minor"] or 0) for row in rows if row["row"] == "entry"]


def test_months_chain_at_the_persons_own_midnight(two_months: User) -> None:
    october, november = made(two_months, *OCTOBER), made(two_months, *NOVEMBER)
    assert (_amounts(october), _amounts(november)) == ([-100, -20], [-3])
    assert (october.opening_minor, october.closing_minor) == (10_000, 9_880)
    assert (november.opening_minor, november.closing_minor) == (9_880, 9_877)
    assert october.is_complete


def test_what_is_booked_later_for_an_earlier_day_belongs_to_the_later_month(two_months: User) -> None:
    before = made(two_months, *OCTOBER)
    booked(two_months, -500, at=datetime(2026, 10, 15, 12, 0, tzinfo=UTC))
    after = made(two_months, *OCTOBER)
    assert _amounts(after) == _amounts(before) == [-100, -20]
    assert (after.opening_minor, after.closing_minor) == (before.opening_minor, before.closing_minor)
    first = now().astimezone(ZoneInfo(two_months.time_zone)).date() - timedelta(days=1)
    row = csv_rows(services.content_of(statement=made(two_months, first, first + timedelta(days=1))))[1]
    assert (row["money_out_minor"], row["effective_at"][:10]) == ("500", "2026-10-15")


def test_waits_for_what_was_begun_before_the_cut_and_is_not_committed(two_months: User) -> None:
    """Else an entry dated before midnight could be seen only after the month was issued without it."""
    statement = asked(two_months, *OCTOBER)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT 1")  # a transaction that has begun, as every payment's has
        (begun,) = other.execute("SELECT now()").fetchone() or (None,)
        assert begun is not None
        cut = begun + timedelta(microseconds=1)
        assert not is_settled(before=cut)
        assert is_settled(before=begun - timedelta(seconds=1))
        other.commit()
        assert is_settled(before=cut)
    assert services.make(statement_id=statement.pk, at=now())


def test_what_is_not_settled_is_made_later(two_months: User, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = asked(two_months, *OCTOBER)
    monkeypatch.setattr(services, "is_settled", lambda *, before: False)
    at = now()
    assert not services.make(statement_id=statement.pk, at=at)
    statement.refresh_from_db()
    assert (statement.status, statement.failure) == (Status.REQUESTED, "not_settled")
    assert statement.next_try_at == at + policy.pause_after(1)
    monkeypatch.undo()
    assert services.make(statement_id=statement.pk, at=statement.next_try_at)


def test_one_of_two_workers_makes_it(two_months: User) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    statement = asked(two_months, *OCTOBER)
    barrier = Barrier(8)

    def work(_: int) -> bool:
        try:
            barrier.wait(30)
            return services.make(statement_id=statement.pk, at=now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == [False] * 7 + [True]
    assert Statement.objects.get(pk=statement.pk).attempts == 1
