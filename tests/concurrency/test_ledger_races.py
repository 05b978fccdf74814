"""Many at once on the same rows: exactly what the balance allows, no deadlock, books that add up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from ledger import integrity, selectors, services
from ledger.errors import HoldNotOpen, InsufficientFunds, WalletError
from ledger.models import Account, Entry, HoldEvent
from ledger.money import Money
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.usefixtures("clone_db")

LATER = AT + timedelta(minutes=15)


def race(*actions: Callable[[], object]) -> Counter[str]:
    """Runs all at once, one thread and connection each, from one barrier. Counts the refusals, and "done"."""
    outcomes: list[str] = []
    barrier = threading.Barrier(len(actions), timeout=30)

    def run(action: Callable[[], object]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait()
            try:
                with db.transaction():
                    action()
                outcomes.append("done")
            except WalletError as refusal:
                outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == len(actions), "a thread broke or hangs"
    return Counter(outcomes)


def right(*account_ids: int) -> None:
    assert [integrity.check(account_id=account_id) for account_id in account_ids] == [[] for _ in account_ids]


def test_forty_spend_one_balance_exactly() -> None:
    alice, bob = wallet(minor=1_000), wallet()
    sends = [draft(alice.id, bob.id, 90) for _ in range(40)]
    outcomes = race(*(lambda send=send: services.post(send) for send in sends))
    assert outcomes == {"done": 11, InsufficientFunds.code: 29}
    assert amounts(alice.id, bob.id) == [(10, 0), (990, 0)]
    right(alice.id, bob.id)


def test_forty_holds_on_one_balance_exactly() -> None:
    alice = wallet(minor=1_000)

    def hold() -> None:
        services.place_hold(
            hold_id=ids.uuid7(),
            account_id=alice.id,
            amount=Money(90, "EUR"),
            reason="TRANSFER",
            expires_at=LATER,
            at=AT,
        )

    assert race(*[hold] * 40) == {"done": 11, InsufficientFunds.code: 29}
    assert amounts(alice.id) == [(1_000, 990)]
    right(alice.id)


def test_twenty_copies_of_one_entry_are_one() -> None:
    alice, bob = wallet(minor=1_000), wallet()
    send = draft(alice.id, bob.id, 600)
    posted: list[bool] = []
    assert race(*[lambda: posted.append(services.post(send).replayed)] * 20) == {"done": 20}
    assert Counter(posted) == {False: 1, True: 19}
    assert amounts(alice.id, bob.id) == [(400, 0), (600, 0)]
    assert Entry.objects.filter(id=send.entry_id).count() == 1


def test_back_and_forth_never_deadlocks() -> None:
    alice, bob, carol = wallet(minor=10_000), wallet(minor=10_000), wallet(minor=10_000)
    ring = [(alice.id, bob.id), (bob.id, alice.id), (bob.id, carol.id), (carol.id, bob.id), (carol.id, alice.id)]

    def shuttle(source: int, target: int) -> Callable[[], None]:
        def act() -> None:
            services.post(draft(source, target, 7))

        return act

    for _ in range(5):
        assert race(*(shuttle(*pair) for pair in ring * 6)) == {"done": 30}
    assert sum(posted for posted, _ in amounts(alice.id, bob.id, carol.id)) == 30_000
    right(alice.id, bob.id, carol.id)


def test_forty_credits_of_a_hot_account() -> None:
    merchant = wallet(code="merchant", stripes=8)
    payers = [wallet(minor=100) for _ in range(40)]
    sends = [draft(payer.id, merchant.id, 100) for payer in payers]
    assert race(*(lambda send=send: services.post(send) for send in sends)) == {"done": 40}
    assert amounts(merchant.id) == [(4_000, 0)]
    right(merchant.id)


def test_a_hot_account_pays_while_it_receives() -> None:
    merchant, bank = wallet(code="merchant", stripes=4), wallet()
    payers = [wallet(minor=100) for _ in range(20)]
    for payer in payers[:10]:
        post(payer.id, merchant.id, 100)
    receive = [draft(payer.id, merchant.id, 100) for payer in payers[10:]]
    pay = [draft(merchant.id, bank.id, 200) for _ in range(10)]
    outcomes = race(*(lambda send=send: services.post(send) for send in [*receive, *pay]))
    paid = outcomes["done"] - 10
    assert 5 <= paid <= 10
    assert outcomes[InsufficientFunds.code] == 10 - paid
    assert amounts(merchant.id, bank.id) == [(2_000 - 200 * paid, 0), (200 * paid, 0)]
    right(merchant.id, bank.id)


@pytest.mark.parametrize("turn", range(8))
def test_capture_against_release_has_one_winner(turn: int) -> None:
    alice, bob = wallet(minor=1_000), wallet()
    with db.transaction():
        hold = services.place_hold(
            hold_id=ids.uuid7(),
            account_id=alice.id,
            amount=Money(1_000, "EUR"),
            reason="TRANSFER",
            expires_at=LATER,
            at=AT,
        )
    pay = [draft(alice.id, bob.id, 1_000) for _ in range(4)]
    outcomes = race(
        *(lambda send=send: services.capture_hold(hold_id=hold.id, draft=send, at=AT) for send in pay),
        *[lambda: services.release_hold(hold_id=hold.id, at=AT)] * 4,
    )
    state = selectors.hold(hold.id).state
    if state == "CAPTURED":
        assert outcomes == {"done": 1, HoldNotOpen.code: 7}
        assert amounts(alice.id, bob.id) == [(0, 0), (1_000, 0)]
    else:
        assert (state, outcomes) == ("RELEASED", {"done": 4, HoldNotOpen.code: 4})
        assert amounts(alice.id, bob.id) == [(1_000, 0), (0, 0)]
    assert HoldEvent.objects.filter(hold=hold.id).count() == 2
    right(alice.id, bob.id)


def test_capture_payment_sweeper_and_release_around_a_lapse() -> None:
    """Payments that need lapsed money, the sweeper, releases and captures of other holds, all on one balance."""
    alice, bob = wallet(minor=1_000), wallet()
    held = []
    with db.transaction():
        for expires_at in [LATER] * 5 + [None] * 5:
            held.append(
                services.place_hold(
                    hold_id=ids.uuid7(), account_id=alice.id, amount=Money(100, "EUR"), reason="TRANSFER",
                    expires_at=expires_at, at=AT,
                )
            )  # fmt: skip
    pay = [draft(alice.id, bob.id, 100, effective_at=LATER) for _ in range(8)]
    captures = [draft(alice.id, bob.id, 100, effective_at=LATER) for _ in held[5:]]
    outcomes = race(
        *(lambda send=send: services.post(send) for send in pay),
        *(
            lambda send=send, hold=hold: services.capture_hold(hold_id=hold.id, draft=send, at=LATER)
            for send, hold in zip(captures, held[5:], strict=True)
        ),
        *(lambda hold=hold: services.release_hold(hold_id=hold.id, at=LATER) for hold in held[:5]),
        *[lambda: services.expire_holds(at=LATER)] * 4,
    )
    assert outcomes == {"done": 5 + 5 + 5 + 4, InsufficientFunds.code: 3}
    assert amounts(alice.id, bob.id) == [(0, 0), (1_000, 0)]
    assert {selectors.hold(hold.id).state for hold in held[:5]} <= {"EXPIRED", "RELEASED"}
    assert {selectors.hold(hold.id).state for hold in held[5:]} == {"CAPTURED"}
    right(alice.id, bob.id)


def test_freezing_in_the_middle_stops_what_comes_after() -> None:
    alice, bob = wallet(minor=1_000), wallet()
    sends = [draft(alice.id, bob.id, 10) for _ in range(30)]
    outcomes = race(
        *(lambda send=send: services.post(send) for send in sends),
        lambda: services.freeze(account_id=alice.id, debit=True, credit=False, at=AT),
    )
    went = outcomes["done"] - 1
    assert outcomes["account_frozen"] == 30 - went
    assert amounts(alice.id, bob.id) == [(1_000 - 10 * went, 0), (10 * went, 0)]
    right(alice.id, bob.id)


def test_closing_against_receiving_loses_no_money() -> None:
    bob = wallet()
    outcomes = race(
        lambda: services.post(draft(clearing(), bob.id, 10)), lambda: services.close_account(account_id=bob.id, at=AT)
    )
    assert outcomes in ({"done": 1, "account_closed": 1}, {"done": 1, "account_not_empty": 1})
    closed = selectors.account(bob.id).closed_at is not None
    assert amounts(bob.id) == [(0 if closed else 10, 0)]


def test_twenty_openings_are_one_account() -> None:
    owner = uuid4()
    opened: list[int] = []
    assert race(*[lambda: opened.append(wallet(owner_id=owner).id)] * 20) == {"done": 20}
    assert len(set(opened)) == 1
    assert Account.objects.filter(owner_id=owner).count() == 1


def test_all_books_are_right_after_the_races() -> None:
    assert integrity.check() == []
