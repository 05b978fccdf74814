"""A worker that is killed anywhere between approval and settlement: its money is paid once, the books are exact."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.management import call_command

from ledger.money import Money
from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.states import BatchStatus
from tests.factories.payouts import Books, approved, bank_account, books, statuses
from tests.factories.people import give_money, make_person, now
from tests.fakes.bank import Bank
from tests.fakes.lossy_line import LossyLine
from tests.faults.workers import KILLED, MINUTES_LATER, work, worker
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("clone_db")]

FAILPOINTS = [
    ("payout.built", 3),
    ("payout.sending", 3),
    ("payout.sent", 3),
    ("payout.message_stored", 3),
    ("payout.message_taken", 3),
    ("payout.before_settle", 3),
    ("payout.after_settle", 3),
    ("payout.after_settle", 501),  # dies between two chunks of one message
    ("payout.before_handled", 3),
]
"""Where the worker dies, and how many payments it has in hand; those of the approval are in test_approvals.py."""


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.mark.parametrize(("failpoint", "count"), FAILPOINTS)
def test_paid_once_whatever_dies(bank: Bank, failpoint: str, count: int) -> None:
    person = make_person(f"payee{uuid4().hex[:8]}", pin=None)
    give_money(person, Money(count * 150, "EUR"))
    at = now()
    withdrawals = approved(bank_account(person, at=at), [100] * count, at=at)
    before, files_before = books(person), bank.files()

    assert work(bank.url, die_at=failpoint) == KILLED
    assert work(bank.url, minutes=MINUTES_LATER) == 0

    assert set(statuses(withdrawals)) == {"SETTLED"}
    assert books(person) == Books(
        wallet=0, held=0, clearing=0, bank=before.bank + count * 100, fees=before.fees + count * 50
    )
    paid = [payment["end_to_end_id"] for payment in bank.get("/_mock/payments")]
    assert {paid.count(withdrawal.end_to_end_id) for withdrawal in withdrawals} == {1}
    assert bank.files() == files_before + 1
    assert PayoutItem.objects.filter(withdrawal__in=withdrawals).count() == count
    call_command("check_ledger", verbosity=0)


@pytest.mark.parametrize("fault", ["unheard", "silent"])
def test_paid_once_when_the_sender_is_killed(bank: Bank, fault: str) -> None:
    """SIGKILL while the file is on the wire: before the bank has read it, and after."""
    person = make_person(f"payee{uuid4().hex[:8]}", pin=None)
    give_money(person, Money(450, "EUR"))
    at = now()
    withdrawals = approved(bank_account(person, at=at), [100] * 3, at=at)
    before, files_before = books(person), bank.files()
    arrives = 1 if fault == "silent" else 0

    with LossyLine(bank.url) as line:
        line.fault = fault
        process = worker(line.url)
        assert until(lambda: PayoutBatch.objects.filter(status=BatchStatus.SENDING.value).exists(), seconds=60)
        assert until(lambda: bank.files() == files_before + arrives, seconds=60)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert PayoutBatch.objects.filter(status=BatchStatus.SENDING.value).count() == 1

    assert work(bank.url, minutes=MINUTES_LATER) == 0
    assert set(statuses(withdrawals)) == {"SETTLED"}
    assert books(person) == Books(wallet=0, held=0, clearing=0, bank=before.bank + 300, fees=before.fees + 150)
    paid = [payment["end_to_end_id"] for payment in bank.get("/_mock/payments")]
    assert {paid.count(withdrawal.end_to_end_id) for withdrawal in withdrawals} == {1}
    assert bank.files() == files_before + 1
