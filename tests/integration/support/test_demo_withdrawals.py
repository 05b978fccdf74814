"""The demo's withdrawals: one in every state that a row can be found in."""

from __future__ import annotations

from collections import Counter

import pytest

from accounts.staff.policy import COMPLIANCE
from ledger.money import Money
from payments.banking.models import Withdrawal, WithdrawalEvent
from payments.banking.states import WithdrawalStatus
from support.demo.money_out import load_withdrawals
from support.demo.people import PIN
from tests.factories.people import give_money, make_person, now
from tests.factories.staff import make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loaded() -> None:
    for handle, name, minor in (("alice", "Alice Lindqvist", 300_000), ("bob", "Bob Tanaka", 3_000)):
        give_money(make_person(handle, pin=PIN, shown_name=name), Money(minor, "EUR"))
    make_officer("erin", COMPLIANCE)
    load_withdrawals(now())


def test_every_state_is_there_when_they_are_loaded() -> None:
    found = Counter(Withdrawal.objects.values_list("status", flat=True))
    in_passing = {WithdrawalStatus.SCREENING, WithdrawalStatus.SENT}  # SENT: what the running bank makes of APPROVED
    assert set(found) == set(WithdrawalStatus) - in_passing
    assert found["APPROVED"] == 1


def test_screening_is_left_in_the_moment_it_is_entered() -> None:
    """So no row can be found in it: the rules look in the transaction that confirms."""
    entered = WithdrawalEvent.objects.filter(to_status="SCREENING").values_list("withdrawal_id", "occurred_at")
    left = WithdrawalEvent.objects.filter(from_status="SCREENING").values_list("withdrawal_id", "occurred_at")
    assert len(entered) == Withdrawal.objects.exclude(status__in=["AWAITING_STEP_UP", "EXPIRED"]).count()
    assert sorted(entered) == sorted(left)
