"""The document of a statement adds up, or is no document."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.statements import policy
from accounts.statements.document import Document, DoesNotAddUp, Head, Line, Tally, Totals
from accounts.statements.forms import days_of, periods

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 22, 15, 2, 3, tzinfo=BERLIN)
HEAD = Head(
    statement_id="stm_" + "a" * 26,
    holder="Alice Example",
    wallet_id="wal_" + "b" * 26,
    currency="EUR",
    first_day=date(2026, 11, 1),
    last_day=date(2026, 11, 30),
    time_zone="Europe/Berlin",
    language="en",
    made_at=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    cut_off_at=datetime(2026, 11, 30, 23, 0, tzinfo=UTC),
    is_complete=True,
    opening_minor=10_000,
    closing_minor=10_850,
)
LINE = Line(
    booked_at=AT,
    effective_at=AT,
    what="Sent",
    counterparty="Mei C•••",
    note="Dinner",
    reference="trf_" + "c" * 26,
    amount_minor=-150,
    fee_minor=0,
    balance_minor=9_850,
)
BACK = replace(LINE, what="Received", amount_minor=1_000, balance_minor=10_850)


class TestTally:
    def test_passes_the_lines_on_and_adds_them_up(self) -> None:
        tally = Tally(Document(HEAD, (LINE, BACK)))
        assert list(tally) == [LINE, BACK]
        assert tally.totals == Totals(entries=2, in_minor=1_000, out_minor=150, fees_minor=0)

    def test_fees_are_a_part_of_what_went_out(self) -> None:
        paid = replace(LINE, amount_minor=-1_035, fee_minor=-35, balance_minor=8_965)
        back = replace(LINE, amount_minor=1_010, fee_minor=10, balance_minor=9_975)
        tally = Tally(Document(replace(HEAD, closing_minor=9_975), (paid, back)))
        list(tally)
        assert tally.totals == Totals(entries=2, in_minor=1_010, out_minor=1_035, fees_minor=25)

    @pytest.mark.parametrize(
        "lines",
        [(), (LINE,), (BACK, LINE), (LINE, BACK, BACK), (replace(LINE, balance_minor=9_851), BACK)],
        ids=["none", "one missing", "another order", "one twice", "a wrong balance"],
    )
    def test_refuses_what_does_not_lead_from_opening_to_closing(self, lines: tuple[Line, ...]) -> None:
        with pytest.raises(DoesNotAddUp):
            list(Tally(Document(HEAD, lines)))


class TestDays:
    @pytest.mark.parametrize(
        ("first", "last", "hours"),
        [
            (date(2026, 11, 1), date(2026, 11, 1), 24),
            (date(2026, 3, 29), date(2026, 3, 29), 23),
            (date(2026, 10, 25), date(2026, 10, 25), 25),
        ],
        ids=["a day", "the day clocks go forward", "the day they go back"],
    )
    def test_a_day_is_as_long_as_its_zone_makes_it(self, first: date, last: date, hours: int) -> None:
        since, before = policy.begins(first, "Europe/Berlin"), policy.ends(last, "Europe/Berlin")
        assert (before.astimezone(UTC) - since.astimezone(UTC)).total_seconds() == hours * 3600

    def test_the_next_day_begins_where_the_last_one_ends(self) -> None:
        assert policy.ends(date(2026, 2, 28), "Asia/Shanghai") == policy.begins(date(2026, 3, 1), "Asia/Shanghai")

    @pytest.mark.parametrize(
        ("period", "first", "last"),
        [
            ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
            ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
            ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
            ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ],
    )
    def test_months_and_years(self, period: str, first: date, last: date) -> None:
        assert days_of(period) == (first, last)

    @pytest.mark.parametrize("text", ["", "26-11", "2026-13", "2026-11-01", "custom"])
    def test_nothing_else_is_a_period(self, text: str) -> None:
        with pytest.raises(ValueError):
            days_of(text)

    def test_offers_months_and_years_since_the_wallet_opened(self) -> None:
        offered = periods(date(2026, 2, 14), date(2025, 12, 31))
        months = [value for value, _ in offered[1:4]]
        assert months == ["2026-02", "2026-01", "2025-12"]
        assert [value for value, _ in offered[4][1]] == ["2026", "2025"]
        assert offered[5][0] == "custom"
        assert len(offered) == 6
