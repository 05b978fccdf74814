"""What the bank says about many people at once, while these people pay each other: nobody waits in a circle."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts.limits import services as limits
from accounts.limits.models import LimitUsage
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.banking import services
from payments.banking.models import BankAccount
from payments.payouts import services as payouts
from payments.payouts.models import BankMessage, PayoutItem
from payments.payouts.policy import BUSY_PAUSE
from payments.payouts.services.collecting import keep
from payments.payouts.states import MessageState
from payments.providers.bank.facts import Letter
from tests.concurrency.test_transfer_races import books_are_zero, together
from tests.factories.payouts import approved, bank_account, statuses
from tests.factories.people import give_money, make_person, now
from tests.factories.transfers import known_payee, send
from tests.journeys.waiting import until
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.identity.models import User
    from payments.banking.models import Withdrawal

pytestmark = pytest.mark.usefixtures("clone_db")

REPORT = (
    "<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId></OrgnlGrpInfAndSts>"
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{payment}</OrgnlEndToEndId>"
    "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
    "</CstmrPmtStsRpt></Document>"
)


def people(count: int) -> list[User]:
    """New people with EUR 100, in the order of their ids and of their wallets."""
    made = sorted((make_person(f"crowd{uuid4().hex[:8]}") for _ in range(count)), key=lambda one: one.pk)
    for person in made:
        give_money(person, Money(10_000, "EUR"))
    return sorted(made, key=wallet_id)


def wallet_id(person: User) -> int:
    wallet = wallet_of(person, "EUR")
    assert wallet is not None
    return wallet.id


def in_a_file(*owners: User, at: datetime) -> list[Withdrawal]:
    """One withdrawal each, their ids in this order, in a file."""
    rows = []
    for place, owner in enumerate(owners):
        moment = at + timedelta(milliseconds=place)
        account = BankAccount.objects.filter(user=owner).first() or bank_account(owner, at=moment)
        rows += approved(account, [100], at=moment)
    with db.transaction():
        services.mark_submitted(withdrawal_ids=[row.pk for row in rows], reference="test", at=at)
    return rows


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l"
            " WHERE NOT l.granted AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid)))"
        )
        return bool(cursor.fetchone()[0])


def while_held(first: Callable[[], object], second: Callable[[], object], act: Callable[[], object]) -> None:
    """``act`` while somebody has ``first`` and takes ``second`` as soon as it waits for them."""
    holds, failures = threading.Event(), []

    def other() -> None:
        try:
            with db.transaction():
                first()
                holds.set()
                assert until(somebody_waits_for_us)
                second()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test judges it
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert holds.wait(30)
    with db.transaction():
        act()
    thread.join(60)
    assert failures == []


def reserve(person: User, at: datetime) -> None:
    """As a customer's payment that waits: locks the balance."""
    ledger.place_hold(
        hold_id=ids.uuid7(), account_id=wallet_id(person), amount=Money(1, "EUR"), reason="TEST", expires_at=None, at=at
    )


class TestOneOrder:
    def test_holds_are_released_in_the_order_of_the_accounts(self) -> None:
        low, high = people(2)
        at = now()
        rows = in_a_file(high, low, at=at)
        while_held(
            lambda: reserve(low, at),
            lambda: reserve(high, at),
            lambda: services.mark_failed(items=[(row.pk, "AC04") for row in rows], at=at),
        )
        assert statuses(rows) == ["FAILED", "FAILED"]
        assert books_are_zero()

    def test_limits_are_given_back_in_the_order_of_the_people(self) -> None:
        low, high = sorted(people(2), key=lambda one: one.pk)
        at = now()
        rows = in_a_file(high, low, at=at)
        spend = Money(500, "EUR")
        with db.transaction():
            for person in (low, low, high, high):
                limits.check(
                    user_id=person.pk, tier=1, product="WITHDRAW", amount=spend, at=at, time_zone="Europe/Berlin"
                )

        def give_back(person: User) -> None:
            limits.give_back(user_id=person.pk, product="WITHDRAW", amount=Money(1, "EUR"), at_of_use=at)

        while_held(
            lambda: give_back(low),
            lambda: give_back(high),
            lambda: services.mark_failed(items=[(row.pk, "AC04") for row in rows], at=at),
        )
        assert statuses(rows) == ["FAILED", "FAILED"]
        left = LimitUsage.objects.filter(user__in=[low, high], product="WITHDRAW").values_list("used_minor", flat=True)
        assert list(left) == [899, 899]


def test_the_banks_word_and_customers_transfers_never_meet_in_a_circle() -> None:
    """Ten people pay each other around while twenty of their withdrawals fail and twenty are accepted."""
    crowd = people(10)
    payees = [known_payee(one, crowd[place - 1], trusted=True) for place, one in enumerate(crowd)]
    at = now()
    files = [in_a_file(*reversed(crowd), at=at + timedelta(seconds=place)) for place in range(4)]

    def pay(place: int) -> list[str]:
        return [send(crowd[place], payees[place], 10).transfer.status for _ in range(6)]

    def hear(place: int) -> int:
        said = [(row.pk, "" if place % 2 else "AC04") for row in files[place]]
        with db.transaction():
            moved = services.mark_sent(items=said, at=at) if place % 2 else services.mark_failed(items=said, at=at)
        return len(moved)

    acts = [lambda place=place: pay(place) for place in range(len(crowd))]
    results = together([*acts, *[lambda place=place: hear(place) for place in range(len(files))]])
    assert results == [["COMPLETED"] * 6] * len(crowd) + [10] * len(files)
    assert books_are_zero()


def test_a_message_that_meets_a_lock_is_not_an_attempt() -> None:
    """Six times somebody has the payment; five real failures would end the message."""
    (person,) = people(1)
    at = now()
    (row,) = approved(bank_account(person, at=at), [100], at=at)
    batch = payouts.build_batch(at=at)
    assert batch is not None
    keep([Letter(1, "WALLET", REPORT.format(file=batch.message_id, payment=row.end_to_end_id))], at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    taken, done = threading.Event(), threading.Event()

    def take() -> None:
        try:
            with db.transaction():
                PayoutItem.objects.select_for_update().get(withdrawal=row)
                taken.set()
                done.wait(60)
        finally:
            connections.close_all()

    thread = threading.Thread(target=take)
    thread.start()
    assert taken.wait(30)
    try:
        for again in range(6):
            assert payouts.handle_due(at=at + again * BUSY_PAUSE) == 0
    finally:
        done.set()
        thread.join(60)
        connection.close()
    message = BankMessage.objects.get()
    assert (message.state, message.attempts, message.problem) == (MessageState.RECEIVED, 0, "")
    assert statuses([row]) == ["SUBMITTED"]
    assert payouts.handle_due(at=at + 6 * BUSY_PAUSE) == 1
    assert statuses([row]) == ["FAILED"]
