"""The five rules and what they add up to. Pure: no database."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from accounts.risk.engine import RULES, Outcome, decide
from accounts.risk.facts import Facts

DAY = 86_400
CALM = Facts(
    amount_minor=2_000,
    currency="EUR",
    first_time_payee=False,
    trusted_payee=False,
    spent_today_minor=0,
    sends_today=0,
    session_age_seconds=DAY,
    account_age_seconds=30 * DAY,
)


def _codes(facts: Facts) -> list[str]:
    return [rule.code for rule in decide(facts).rules]


class TestRules:
    def test_nothing_speaks_about_a_known_payee_and_a_small_sum(self) -> None:
        decision = decide(CALM)
        assert (decision.outcome, decision.rules, decision.reason, decision.score) == (Outcome.ALLOW, (), "", 0)

    @pytest.mark.parametrize(
        ("change", "code", "weight"),
        [
            ({"amount_minor": 25_000}, "AMOUNT_LARGE", 40),
            ({"amount_minor": 50_001}, "AMOUNT_LARGE", 60),
            ({"amount_minor": 100_000}, "AMOUNT_LARGE", 80),
            ({"first_time_payee": True}, "FIRST_TIME_PAYEE", 40),
            ({"session_age_seconds": 3_599}, "NEW_SESSION", 20),
            ({"session_age_seconds": None}, "NEW_SESSION", 20),
            ({"spent_today_minor": 28_001}, "ROLLING_SPEND", 20),
            ({"account_age_seconds": 3 * DAY - 1}, "YOUNG_ACCOUNT", 20),
        ],
    )
    def test_each_speaks_at_its_edge(self, change: dict[str, object], code: str, weight: int) -> None:
        fired = {rule.code: rule.weight for rule in decide(replace(CALM, **change)).rules}
        assert fired[code] == weight

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_minor": 24_999},
            {"session_age_seconds": 3_600},
            {"spent_today_minor": 28_000},
            {"account_age_seconds": 3 * DAY},
        ],
    )
    def test_none_speaks_just_before_it(self, change: dict[str, object]) -> None:
        assert _codes(replace(CALM, **change)) == []

    def test_a_trusted_payee_makes_a_new_device_and_a_young_account_harmless(self) -> None:
        fresh = replace(CALM, session_age_seconds=1, account_age_seconds=1)
        assert _codes(fresh) == ["NEW_SESSION", "YOUNG_ACCOUNT"]
        assert decide(replace(fresh, trusted_payee=True)).outcome == Outcome.ALLOW

    def test_the_number_of_sends_weighs_nothing(self) -> None:
        assert decide(replace(CALM, sends_today=10_000)).outcome == Outcome.ALLOW

    def test_keeps_the_numbers_it_looked_at(self) -> None:
        (rule,) = decide(replace(CALM, amount_minor=25_000)).rules
        assert rule.inputs == {"euro_cents": 25_000}


class TestOutcome:
    @pytest.mark.parametrize(
        ("change", "outcome", "score", "reason"),
        [
            ({"session_age_seconds": 60}, Outcome.ALLOW, 20, "NEW_SESSION"),
            ({"session_age_seconds": 60, "account_age_seconds": 60}, Outcome.STEP_UP, 40, "NEW_SESSION"),
            ({"first_time_payee": True}, Outcome.STEP_UP, 40, "FIRST_TIME_PAYEE"),
            (
                {"amount_minor": 50_000, "first_time_payee": True, "session_age_seconds": 1, "account_age_seconds": 1},
                Outcome.STEP_UP,
                140,
                "AMOUNT_LARGE",
            ),
            (
                {"amount_minor": 50_001, "first_time_payee": True, "session_age_seconds": 1, "account_age_seconds": 1},
                Outcome.REVIEW,
                160,
                "AMOUNT_LARGE",
            ),
            ({"amount_minor": 100_000, "first_time_payee": True}, Outcome.STEP_UP, 140, "AMOUNT_LARGE"),
            (
                {"amount_minor": 100_000, "first_time_payee": True, "session_age_seconds": 1},
                Outcome.REVIEW,
                160,
                "AMOUNT_LARGE",
            ),
            (
                {"amount_minor": 100_000, "first_time_payee": True, "session_age_seconds": 1, "account_age_seconds": 1},
                Outcome.BLOCK,
                180,
                "AMOUNT_LARGE",
            ),
        ],
    )
    def test_follows_the_score(self, change: dict[str, object], outcome: Outcome, score: int, reason: str) -> None:
        decision = decide(replace(CALM, **change))
        assert (decision.outcome, decision.score, decision.reason) == (outcome, score, reason)

    def test_below_500_euro_it_is_only_allow_or_step_up(self) -> None:
        outcomes = set()
        every = product(
            (1, 49_999), (True, False), (True, False), (0, 10**9), (0, 10**6), (None, 0, DAY), (0, 30 * DAY)
        )
        for amount, first, trusted, spent, sends, session, account in every:
            facts = Facts(
                amount_minor=amount,
                currency="EUR",
                first_time_payee=first,
                trusted_payee=trusted,
                spent_today_minor=spent,
                sends_today=sends,
                session_age_seconds=session,
                account_age_seconds=account,
            )
            outcomes.add(decide(facts).outcome)
        assert outcomes == {Outcome.ALLOW, Outcome.STEP_UP}

    def test_there_are_five_rules(self) -> None:
        assert len(RULES) == 5


class TestFacts:
    def test_another_currency_needs_its_euro_amount(self) -> None:
        with pytest.raises(ValueError, match="euro"):
            decide(replace(CALM, currency="JPY"))

    def test_another_currency_is_judged_in_euro(self) -> None:
        yen = replace(CALM, currency="JPY", amount_minor=40_000, amount_euro_cents=25_000, spent_today_euro_cents=0)
        assert _codes(yen) == ["AMOUNT_LARGE"]

    def test_evidence_is_json(self) -> None:
        assert CALM.as_evidence()["account_age_seconds"] == 30 * DAY
