"""The feed's lines and days, in both languages. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.utils import translation

from accounts.activity.models import ActivityItem
from accounts.activity.presentation import by_day, heading, row_of

PERSON = UUID("0194235c-7a2e-7000-8000-000000000001")
NOW = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)


def _item(**fields: object) -> ActivityItem:
    values = {
        "user_id": PERSON,
        "kind": "transfer",
        "direction": "OUT",
        "state": "COMPLETED",
        "amount_minor": -4_250,
        "currency": "EUR",
        "shown_name": "Mei C•••",
        "note": "Dinner",
        "reference": "trf_x",
        "occurred_at": NOW,
    }
    return ActivityItem(**(values | fields))


class TestRow:
    def test_says_who_what_and_how_much(self) -> None:
        row = row_of(_item())
        assert (row.title, row.detail, row.amount, row.currency) == ("Mei C•••", "Sent · Dinner", "−42.50", "EUR")
        assert (row.incoming, row.undone, row.icon) == (False, False, "")

    def test_money_in_carries_a_plus(self) -> None:
        row = row_of(_item(direction="IN", amount_minor=125_000, note=""))
        assert (row.detail, row.amount, row.incoming) == ("Received", "+1,250.00", True)

    def test_what_waits_says_for_what(self) -> None:
        row = row_of(_item(state="AWAITING_STEP_UP"))
        assert (row.detail, row.incoming, row.undone) == ("Waiting for your PIN · Dinner", False, False)

    def test_what_came_to_nothing_is_undone(self) -> None:
        row = row_of(_item(state="EXPIRED", note=""))
        assert (row.detail, row.undone) == ("Expired", True)

    def test_money_that_is_not_there_yet_is_not_shown_as_arrived(self) -> None:
        row = row_of(_item(kind="top_up", direction="IN", amount_minor=2_000, state="PROCESSING", shown_name=""))
        assert (row.title, row.incoming, row.icon) == ("Added money", False, "plus")

    def test_a_currency_without_decimals(self) -> None:
        assert row_of(_item(currency="JPY", amount_minor=-1_234)).amount == "−1,234"

    def test_an_unknown_state_is_a_defect(self) -> None:
        with pytest.raises(KeyError):
            row_of(_item(state="WHATEVER"))


class TestDays:
    def test_are_those_of_the_persons_own_calendar(self) -> None:
        late = _item(occurred_at=datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
        early = _item(occurred_at=datetime(2026, 3, 28, 22, 30, tzinfo=UTC))
        berlin = by_day([late, early], time_zone="Europe/Berlin", now=NOW)
        assert [(day.heading, len(day.rows)) for day in berlin] == [("Today", 1), ("Yesterday", 1)]
        london = by_day([late, early], time_zone="Europe/London", now=NOW)
        assert [(day.heading, len(day.rows)) for day in london] == [("Yesterday", 2)]

    def test_a_day_that_continues_gets_no_second_heading(self) -> None:
        days = by_day(
            [_item(), _item(occurred_at=datetime(2026, 3, 27, tzinfo=UTC))], time_zone="UTC", now=NOW, continues=NOW
        )
        assert [day.heading for day in days] == ["", "Friday, 27 March"]

    def test_nothing_gives_no_days(self) -> None:
        assert by_day([], time_zone="UTC", now=NOW) == []

    def test_another_year_is_named(self) -> None:
        with translation.override("en"):
            assert heading(date(2025, 12, 31), date(2026, 1, 2)) == "31 Dec 2025"
