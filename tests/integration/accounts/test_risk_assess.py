"""The engine's answer is stored with what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.risk.engine import Outcome
from accounts.risk.facts import Facts
from accounts.risk.models import RiskDecision
from accounts.risk.services import assess
from tests.factories.people import now
from wallet_project.lib import db

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

FACTS = Facts(
    amount_minor=2_000,
    currency="EUR",
    first_time_payee=True,
    trusted_payee=False,
    spent_today_minor=0,
    sends_today=3,
    session_age_seconds=None,
    account_age_seconds=10**7,
)


def test_stores_outcome_rules_and_facts(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subject, at = uuid4(), now()
    with db.transaction(), django_assert_num_queries(1):
        decision = assess(facts=FACTS, subject_kind="transfer", subject_id=subject, at=at)
    assert decision.outcome is Outcome.STEP_UP
    row = RiskDecision.objects.get(subject_id=subject)
    assert (row.outcome, row.reason, row.score, row.decided_at) == ("STEP_UP", "FIRST_TIME_PAYEE", 60, at)
    assert row.rules == [
        {"code": "FIRST_TIME_PAYEE", "weight": 40, "inputs": {"first_time": True}},
        {"code": "NEW_SESSION", "weight": 20, "inputs": {"session_age_seconds": None}},
    ]
    assert row.facts["sends_today"] == 3
    assert row.engine_version == 1


def test_needs_the_callers_transaction() -> None:
    with pytest.raises(db.NotInTransaction):
        assess(facts=FACTS, subject_kind="transfer", subject_id=uuid4(), at=now())
    assert not RiskDecision.objects.exists()
