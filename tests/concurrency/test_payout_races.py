"""Many workers at once: every withdrawal leaves in one file, settles once, and nobody waits for ever."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections

from ledger.money import Money
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.policy import MESSAGE_LEASE
from payments.reconciliation.models import BankStatement, ReconciliationBreak
from payments.reconciliation.services import reconcile_due
from tests.factories.payouts import Books, approved, bank_account, books, statuses
from tests.factories.people import give_money, make_person, now
from tests.fakes.bank import Bank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.usefixtures("clone_db")

WORKERS = 8
MANY = 40


@pytest.fixture(scope="module")
def bank_of_module() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.fixture
def bank(bank_of_module: Bank, settings: SettingsWrapper) -> Bank:
    settings.BANK_URL = bank_of_module.url
    return bank_of_module


def together(act: Callable[[int], Any]) -> None:
    """Runs ``act`` in so many threads, each with a connection of its own, all released at once."""
    barrier = threading.Barrier(WORKERS)
    failures: list[BaseException] = []

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=30)
            act(place)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test judges it
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    assert failures == []


def jobs(at: datetime) -> None:
    """Everything, in one worker."""
    services.build_batch(at=at, limit=7)
    services.send_due(at=at)
    services.collect(at=at)
    services.handle_due(at=at)
    services.ask_due(at=at)
    reconcile_due(at=at)


def test_eight_workers_pay_forty_withdrawals_once(bank: Bank) -> None:
    person = make_person(f"payee{uuid4().hex[:8]}", pin=None)
    give_money(person, Money(MANY * 150, "EUR"))
    at = now()
    withdrawals = approved(bank_account(person, at=at), [100] * MANY, at=at)

    together(lambda place: jobs(at))
    together(lambda place: jobs(at + MESSAGE_LEASE))
    bank.advance()
    together(lambda place: jobs(at + timedelta(days=1)))
    together(lambda place: jobs(at + timedelta(days=1) + MESSAGE_LEASE))

    assert set(statuses(withdrawals)) == {"SETTLED"}
    assert books(person) == Books(wallet=0, held=0, clearing=0, bank=MANY * 100, fees=MANY * 50)
    paid = [payment["end_to_end_id"] for payment in bank.get("/_mock/payments")]
    assert sorted(paid) == sorted(withdrawal.end_to_end_id for withdrawal in withdrawals)
    assert bank.files() == PayoutBatch.objects.count() >= MANY // 7
    assert PayoutItem.objects.filter(statement__isnull=False).count() == MANY
    assert BankStatement.objects.count() == 1
    assert ReconciliationBreak.objects.count() == 0
    call_command("check_ledger", verbosity=0)


def test_forty_messages_at_once_are_kept_once(bank: Bank) -> None:
    bank.advance(7)
    together(lambda place: services.collect(at=now()))
    numbers = [message["id"] for message in bank.get("/_mock/messages")]
    assert list(BankMessage.objects.order_by("number").values_list("number", flat=True)) == numbers
