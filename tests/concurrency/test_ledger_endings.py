"""Two endings of one thing at once, and batches beside single posts: one comes first, the books add up."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connections

from ledger import integrity, selectors, services
from ledger.entries import Capture
from ledger.errors import AccountClosed, AccountNotEmpty, AlreadyReversed, HoldNotOpen, InsufficientFunds
from ledger.models import Entry
from ledger.money import Money
from tests.concurrency.test_ledger_races import race, right
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from tests.journeys.matrix import is_full
from wallet_project.lib import db, ids

pytestmark = pytest.mark.usefixtures("clone_db")
LATER = AT + timedelta(minutes=15)


@pytest.mark.parametrize("turn", range(6))
def test_two_reversals_are_one(turn: int) -> None:
    alice, bob = wallet(minor=1_000), wallet(minor=1_000)
    sent = post(alice.id, bob.id, 400)

    def undo() -> None:
        services.reverse(entry_id=sent.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")

    assert race(*[undo] * 8) == {"done": 1, AlreadyReversed.code: 7}
    assert amounts(alice.id, bob.id) == [(1_000, 0), (1_000, 0)]
    right(alice.id, bob.id)


@pytest.mark.parametrize("turn", range(8))
def test_closing_against_crediting_leaves_no_money_behind_a_closed_door(turn: int) -> None:
    bob = wallet()
    credits_ = [draft(clearing(), bob.id, 10) for _ in range(10)]
    outcomes = race(
        *(lambda credit=credit: services.post(credit) for credit in credits_[:5]),
        lambda: services.close_account(account_id=bob.id, at=AT),
        *(lambda credit=credit: services.post(credit) for credit in credits_[5:]),
    )
    (now,) = amounts(bob.id)
    if selectors.account(bob.id).closed_at is None:
        assert (now, outcomes) == ((100, 0), {"done": 10, AccountNotEmpty.code: 1})
    else:
        assert (now, outcomes) == ((0, 0), {"done": 1, AccountClosed.code: 10})
    right(bob.id)


@pytest.mark.parametrize("turn", range(4))
def test_sweeping_stripes_against_debits_and_credits(turn: int) -> None:
    merchant, bob = wallet(code="merchant", stripes=8), wallet()
    payers = [wallet(minor=100) for _ in range(10)]
    for _ in range(24):
        post(clearing(), merchant.id, 50)
    credits_ = [draft(payer.id, merchant.id, 100) for payer in payers]
    debits = [draft(merchant.id, bob.id, 300) for _ in range(8)]
    holds = [ids.uuid7() for _ in range(4)]
    outcomes = race(
        *(lambda send=send: services.post(send) for send in [*credits_, *debits]),
        *(
            lambda hold_id=hold_id: services.place_hold(
                hold_id=hold_id,
                account_id=merchant.id,
                amount=Money(300, "EUR"),
                reason="PAYOUT",
                expires_at=None,
                at=AT,
            )
            for hold_id in holds
        ),
    )
    spent = outcomes["done"] - 10
    assert outcomes == {"done": 10 + spent, InsufficientFunds.code: 12 - spent}
    assert 4 <= spent <= 7
    posted, held = amounts(merchant.id)[0]
    assert posted - held == 1_200 + 1_000 - 300 * spent
    right(merchant.id, bob.id, *(payer.id for payer in payers))


@pytest.mark.parametrize("turn", range(6))
def test_expiry_against_capture_of_the_last_moment(turn: int) -> None:
    """Who captures still sees the hold open, who expires sees it lapsed: one of both ends it, once."""
    alice, bob = wallet(minor=600), wallet()
    held = []
    with db.transaction():
        for _ in range(6):
            held.append(
                services.place_hold(
                    hold_id=ids.uuid7(), account_id=alice.id, amount=Money(100, "EUR"), reason="TRANSFER",
                    expires_at=LATER, at=AT,
                )
            )  # fmt: skip
    just_before = LATER - timedelta(seconds=1)
    sends = [draft(alice.id, bob.id, 100) for _ in held]
    outcomes = race(
        *(
            lambda hold=hold, send=send: services.capture_hold(hold_id=hold.id, draft=send, at=just_before)
            for hold, send in zip(held, sends, strict=True)
        ),
        *[lambda: services.expire_holds(at=LATER)] * 3,
    )
    captured = outcomes["done"] - 3
    assert outcomes == Counter({"done": captured + 3, HoldNotOpen.code: 6 - captured})
    states = Counter(selectors.hold(hold.id).state for hold in held)
    assert states == Counter({"CAPTURED": captured, "EXPIRED": 6 - captured})
    assert amounts(alice.id, bob.id) == [(600 - 100 * captured, 0), (100 * captured, 0)]
    right(alice.id, bob.id)


def test_batches_beside_batches_and_single_posts_never_deadlock() -> None:
    people = [wallet(minor=10_000) for _ in range(6)]
    merchant = wallet(code="merchant", stripes=4, minor=1_000)
    luck = random.Random(7)

    def batch() -> list[object]:
        pairs = [luck.sample([*people, merchant], 2) for _ in range(40)]
        return [draft(source.id, target.id, luck.choice([1, 50])) for source, target in pairs]

    work = [lambda drafts=drafts: services.post_many(drafts) for drafts in (batch() for _ in range(10))]
    work += [lambda drafts=drafts: services.post_each(drafts) for drafts in (batch() for _ in range(4))]
    work += [lambda one=one: services.post(one) for one in batch()[:16]]
    assert race(*work) == {"done": 30}
    assert sum(posted for posted, _ in amounts(merchant.id, *(person.id for person in people))) == 61_000
    right(merchant.id, *(person.id for person in people))


def test_the_same_batch_twice_at_once_is_one() -> None:
    alice, bank = wallet(minor=1_000), clearing()
    with db.transaction():
        held = [
            services.place_hold(
                hold_id=ids.uuid7(),
                account_id=alice.id,
                amount=Money(100, "EUR"),
                reason="PAYOUT",
                expires_at=None,
                at=AT,
            )
            for _ in range(10)
        ]
    captures = [Capture(hold.id, draft(alice.id, bank, 100)) for hold in held]
    replayed: list[bool] = []

    def run() -> None:
        replayed.extend(answer.replayed for answer in services.capture_many(captures, at=AT))

    assert race(*[run] * 6) == {"done": 6}
    assert Counter(replayed) == {False: 10, True: 50}
    assert amounts(alice.id) == [(0, 0)]
    right(alice.id)


@pytest.mark.timeout(900)  # for the 10,000 posts of --full
def test_posts_survive_their_backends_being_ended() -> None:
    """Backends end at random; every post is tried again under its id until it is acknowledged, and is there once."""
    wanted = 10_000 if is_full() else 1_200
    people = [wallet(minor=100_000) for _ in range(8)]
    acknowledged: list[UUID] = []
    lost: Counter[str] = Counter()
    done = threading.Event()

    def pay(number: int) -> None:
        luck = random.Random(number)
        try:
            for _ in range(wanted // 8):
                source, target = luck.sample(people, 2)
                entry = draft(source.id, target.id, 1)
                while True:
                    try:
                        with db.transaction():
                            services.post(entry)
                        break
                    except DatabaseError as unknown:  # unknown: the same id again
                        lost[type(unknown).__name__] += 1
                        connections["default"].close()
                acknowledged.append(entry.entry_id)
        finally:
            connections.close_all()

    def terminate() -> None:
        luck = random.Random(99)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
            while not done.wait(0.05):
                rows = session.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND usename = current_user"
                ).fetchall()
                if rows:
                    session.execute("SELECT pg_terminate_backend(%s)", [luck.choice(rows)[0]])

    connections["default"].close()
    terminator = threading.Thread(target=terminate)
    payers = [threading.Thread(target=pay, args=(number,)) for number in range(8)]
    for thread in [terminator, *payers]:
        thread.start()
    for thread in payers:
        thread.join(300)
    done.set()
    terminator.join(10)
    connections["default"].close()
    assert len(set(acknowledged)) == wanted // 8 * 8
    assert lost.total() > 0
    assert Entry.objects.filter(id__in=acknowledged).count() == len(acknowledged)
    assert sum(posted for posted, _ in amounts(*(person.id for person in people))) == 800_000
    assert integrity.check() == []
