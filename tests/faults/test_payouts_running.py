"""The bank rail in a running copy: worker, beat and the bank, and nobody who calls anything."""

from __future__ import annotations

from uuid import uuid4

import pytest
import requests

from ledger.money import Money
from payments.reconciliation.models import BankStatement
from tests.factories.payouts import Books, approved, bank_account, books, statuses
from tests.factories.people import give_money, make_person, now
from tests.journeys.waiting import until
from tests.servers import running_copy

pytestmark = pytest.mark.slow


def test_worker_and_beat_do_all_of_it(clone_db: str) -> None:
    with running_copy(clone_db) as copy:
        person = make_person(f"payee{uuid4().hex[:8]}", pin=None)
        give_money(person, Money(450, "EUR"))
        at = now()
        withdrawals = approved(bank_account(person, at=at), [100] * 3, at=at)
        before = books(person)
        assert until(lambda: set(statuses(withdrawals)) == {"SENT"}, seconds=90)
        with requests.Session() as http:
            http.trust_env = False
            http.post(f"{copy.bank_url}/_mock/advance?days=4", timeout=30).raise_for_status()
            assert until(lambda: set(statuses(withdrawals)) == {"SETTLED"}, seconds=90)
            assert until(BankStatement.objects.exists, seconds=90)
            paid = [
                payment["end_to_end_id"] for payment in http.get(f"{copy.bank_url}/_mock/payments", timeout=30).json()
            ]
    assert sorted(paid) == sorted(withdrawal.end_to_end_id for withdrawal in withdrawals)
    assert books(person) == Books(wallet=0, held=0, clearing=0, bank=before.bank + 300, fees=before.fees + 150)
