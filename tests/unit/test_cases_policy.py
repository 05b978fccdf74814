"""Deadlines and sentences of the withdrawals desk."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from accounts.staff.policy import GROUPS, TITLES
from accounts.staff.wording import READ_REASONS, ROLE_NAMES, TOLD_REASONS
from payments.banking.conditions import Facts, evaluate
from payments.banking.states import WithdrawalStatus
from support.cases.acts import ACTS
from support.cases.policy import STATUS_WORDS, TABS, deadline, span
from support.cases.wording import CONDITIONS, SHORT, found, place_of

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

WORST = Facts(
    is_person_active=False,
    is_wallet_open=False,
    has_verified_contact=False,
    tier=0,
    amount_euro_cents=480_000,
    day_euro_cents=490_000,
    has_cooled_off=False,
    do_names_match=False,
    others_with_account=2,
    maturing_minor=395_000,
    card_money_euro_cents=395_000,
    owed_minor=100,
    has_reduced_limits=True,
    security_changes=1,
    is_hold_open=False,
    is_account_unchanged=False,
)


class TestSpan:
    @pytest.mark.parametrize(
        ("time", "words"),
        [
            (timedelta(0), "1 min"),
            (timedelta(minutes=12, seconds=59), "12 min"),
            (timedelta(hours=1, minutes=12), "1 h 12 min"),
            (timedelta(hours=47, minutes=59), "47 h 59 min"),
            (timedelta(hours=48), "2 d"),
            (timedelta(days=240), "240 d"),
        ],
    )
    def test_is_the_two_largest_units(self, time: timedelta, words: str) -> None:
        with translation.override("en"):
            assert span(time) == words


class TestDeadline:
    def test_nothing_due_says_nothing(self) -> None:
        assert deadline(None, AT) is None

    @pytest.mark.parametrize(
        ("left", "tone", "words"),
        [
            (timedelta(hours=3), "wait", "Due in 3 h 0 min"),
            (timedelta(hours=2), "needs", "Due in 2 h 0 min"),
            (timedelta(minutes=5), "needs", "Due in 5 min"),
            (timedelta(seconds=-1), "bad", "1 min late"),
            (timedelta(days=-2), "bad", "2 d late"),
        ],
    )
    def test_says_how_much_is_left_or_gone(self, left: timedelta, tone: str, words: str) -> None:
        with translation.override("en"):
            shown = deadline(AT + left, AT)
        assert shown is not None
        assert (shown.tone, shown.words) == (tone, words)


class TestWords:
    def test_every_condition_has_them_in_order(self) -> None:
        codes = [condition.code for condition in evaluate(WORST)]
        assert list(CONDITIONS) == codes
        assert list(SHORT) == codes
        assert [place_of(code) for code in codes] == list(range(len(codes)))

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_every_number_is_filled_in(self, language: str) -> None:
        with translation.override(language):
            told = {
                one.code: found(
                    one.code, passed=one.passed, details=one.details, currency="EUR", more={"account_age": "26 h"}
                )
                for one in evaluate(WORST)
            }
        assert not [words for words in told.values() if "%(" in words or "?" in words or not words]
        assert re.search(r"82\s?%", told["card_money_share"])
        assert "€3,950.00" in told["funds_matured"]

    def test_an_old_screening_leaves_a_gap_and_a_strange_code_reads_as_itself(self) -> None:
        with translation.override("en"):
            assert found("no_debt", passed=False, details={}, currency="EUR", more={}) == "The customer owes us ?"
            assert found("other", passed=False, details={}, currency="EUR", more={}) == "other"

    def test_every_state_role_and_reason_has_words(self) -> None:
        assert set(STATUS_WORDS) == set(WithdrawalStatus)
        assert set(TITLES) == set(ROLE_NAMES) == set(GROUPS)
        assert set(TOLD_REASONS) < set(READ_REASONS)
        assert set(ACTS) == {"claim", "unclaim", "approve", "second", "refuse", "ask", "reject"}

    def test_no_state_is_in_two_parts_of_the_queue(self) -> None:
        shown = [status for tab in TABS.values() for status in tab.statuses]
        assert len(shown) == len(set(shown))
        assert set(WithdrawalStatus) - set(shown) == {WithdrawalStatus.AWAITING_STEP_UP, WithdrawalStatus.SCREENING}
