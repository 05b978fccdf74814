"""Races on a real PostgreSQL: everybody starts at a barrier, and the books say afterwards what was allowed."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts.activity.models import ActivityItem
from accounts.identity.services import freeze
from accounts.limits.models import LimitUsage
from accounts.limits.services import OverLimit
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired, ChallengeUsed
from ledger.errors import AccountFrozen
from ledger.money import Money
from tests.factories.people import ORIGIN, available_minor, give_money, make_person, now
from tests.factories.transfers import confirm, known_payee, send
from transfers.p2p import services
from transfers.p2p.errors import StateConflict
from transfers.p2p.models import Transfer, TransferEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.identity.models import User

pytestmark = pytest.mark.usefixtures("clone_db")

MANY = 40


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """Runs every act in its own thread and connection, all released at once; results and exceptions in order."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=30)
            results[place] = act()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test judges it
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


def kinds(results: list[Any]) -> Counter[str]:
    """How often each outcome came: a status, or the name of an exception."""
    return Counter(str(r.transfer.status) if isinstance(r, services.Sent) else type(r).__name__ for r in results)


def books_are_zero() -> bool:
    """All postings add up to nothing, and every balance is the sum of its postings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM ledger_posting")
        total = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM ledger_balance b WHERE b.posted <> "
            "(SELECT coalesce(sum(amount), 0) FROM ledger_posting p"
            " WHERE p.account = b.account AND p.stripe = b.stripe)"
        )
        wrong = cursor.fetchone()[0]
    return bool(total == 0 and wrong == 0)


def people(*names: str, minor: int = 0) -> list[User]:
    """Fresh people for one test; the clone keeps everybody."""
    made = [make_person(f"{name}{uuid4().hex[:8]}") for name in names]
    if minor:
        for person in made:
            give_money(person, Money(minor, "EUR"))
    return made


class TestOneBalance:
    def test_pays_exactly_what_it_holds(self) -> None:
        """40 × EUR 10 at once from EUR 95: nine arrive, 31 are refused, 5 stay."""
        alice, bob = people("alice", "bob")
        give_money(alice, Money(9_500, "EUR"))
        payee = known_payee(alice, bob, trusted=True)
        results = together([lambda: send(alice, payee, 1_000)] * MANY)
        assert kinds(results) == {"COMPLETED": 9, "InsufficientFunds": 31}
        assert (available_minor(alice), available_minor(bob)) == (500, 9_000)
        assert ActivityItem.objects.filter(user=bob).count() == 9
        assert LimitUsage.objects.get(user=alice, product="SEND").used_minor == 9_000
        assert books_are_zero()

    def test_holds_no_more_than_it_has(self) -> None:
        """The same for payments that wait: EUR 95 hold three of EUR 30.01."""
        alice, bob = people("alice", "bob")
        give_money(alice, Money(9_500, "EUR"))
        payee = known_payee(alice, bob)
        results = together([lambda: send(alice, payee, 3_001)] * MANY)
        assert kinds(results)["AWAITING_STEP_UP"] == 3
        assert kinds(results)["InsufficientFunds"] + kinds(results)["OverLimit"] == MANY - 3
        assert available_minor(alice) == 9_500 - 3 * 3_001

    def test_stays_within_the_day_limit(self) -> None:
        """EUR 2,000 on the account, EUR 500 a day: twelve of EUR 40 pass."""
        alice, bob = people("alice", "bob")
        give_money(alice, Money(200_000, "EUR"))
        payee = known_payee(alice, bob, trusted=True)
        results = together([lambda: send(alice, payee, 4_000)] * MANY)
        assert kinds(results) == {"COMPLETED": 12, OverLimit.__name__: 28}
        assert available_minor(bob) == 48_000


class TestOneRequest:
    def test_sent_twenty_times_is_one_transfer(self) -> None:
        alice, bob = people("alice", "bob")
        give_money(alice, Money(10_000, "EUR"))
        payee = known_payee(alice, bob, trusted=True)
        results = together([lambda: send(alice, payee, 4_250, idempotency_key="same")] * 20)
        assert kinds(results) == {"COMPLETED": 20}
        assert len({sent.transfer.pk for sent in results}) == 1
        assert sorted(sent.replayed for sent in results) == [False] + [True] * 19
        assert (available_minor(alice), available_minor(bob)) == (5_750, 4_250)
        assert LimitUsage.objects.get(user=alice, product="SEND").used_minor == 4_250

    def test_that_empties_the_wallet_and_the_limit_is_still_one(self) -> None:
        """The twins find no money and no limit left: they answer with the transfer, not with a refusal."""
        alice, bob = people("alice", "bob")
        give_money(alice, Money(50_000, "EUR"))
        payee = known_payee(alice, bob)
        results = together([lambda: send(alice, payee, 50_000, idempotency_key="same")] * 20)
        assert kinds(results) == {"AWAITING_STEP_UP": 20}
        assert len({sent.transfer.pk for sent in results}) == 1
        assert available_minor(alice) == 0


class TestTwoDirections:
    def test_never_wait_for_each_other(self) -> None:
        """A→B and B→A, twenty of each at once."""
        alice, bob = people("alice", "bob", minor=30_000)
        to_bob, to_alice = known_payee(alice, bob, trusted=True), known_payee(bob, alice, trusted=True)
        there = [lambda: send(alice, to_bob, 700)] * 20
        back = [lambda: send(bob, to_alice, 500)] * 20
        results = together([act for pair in zip(there, back, strict=True) for act in pair])
        assert kinds(results) == {"COMPLETED": 40}
        assert (available_minor(alice), available_minor(bob)) == (26_000, 34_000)
        assert books_are_zero()

    def test_nor_with_cancelling_and_confirming_in_between(self) -> None:
        alice, bob = people("alice", "bob", minor=40_000)
        to_bob, to_alice = known_payee(alice, bob, trusted=True), known_payee(bob, alice, trusted=True)
        for_pin = known_payee(alice, bob)
        for_pin.trusted_at = None
        for_pin.save(update_fields=["trusted_at"])
        waiting = [send(alice, for_pin, 3_500) for _ in range(6)]
        to_bob = known_payee(alice, bob, trusted=True)
        acts: list[Callable[[], Any]] = [lambda: send(alice, to_bob, 100)] * 10 + [
            lambda: send(bob, to_alice, 100)
        ] * 10
        acts += [lambda sent=sent: confirm(alice, sent) for sent in waiting[:3]]
        acts += [lambda sent=sent: cancel(alice, sent) for sent in waiting[3:]]
        results = together(acts)
        assert kinds(results) == {"COMPLETED": 20, "Answered": 3, "Transfer": 3}
        assert available_minor(bob) == 40_000 + 3 * 3_500
        assert books_are_zero()


def cancel(user: User, sent: services.Sent) -> Transfer:
    return services.cancel_transfer(sender=user, transfer_id=sent.transfer.pk, origin=ORIGIN, at=now())


class TestOneTransferThatWaits:
    @pytest.fixture
    def pair(self) -> tuple[User, User, services.Sent]:
        alice, bob = people("alice", "bob")
        give_money(alice, Money(10_000, "EUR"))
        return alice, bob, send(alice, known_payee(alice, bob), 4_250)

    def test_is_confirmed_once(self, pair: tuple[User, User, services.Sent]) -> None:
        alice, bob, sent = pair
        results = together([lambda: confirm(alice, sent)] * 8)
        assert kinds(results) == {"Answered": 1, ChallengeUsed.__name__: 7}
        assert (available_minor(alice), available_minor(bob)) == (5_750, 4_250)

    def test_is_confirmed_or_cancelled_or_expired_never_two_of_them(
        self, pair: tuple[User, User, services.Sent]
    ) -> None:
        alice, bob, sent = pair
        late = now() + timedelta(minutes=14)
        fresh = stepup.renew(challenge_id=sent.challenge.pk, user=alice, at=late, origin=ORIGIN)
        results = together(
            [
                *[lambda: confirm(alice, sent, challenge_id=fresh.pk, at=late + timedelta(seconds=30))] * 4,
                *[lambda: cancel(alice, sent)] * 4,
                *[lambda: services.expire_transfers(at=late + timedelta(minutes=2))] * 4,
            ]
        )
        sent.transfer.refresh_from_db()
        ends = list(
            TransferEvent.objects.filter(transfer=sent.transfer)
            .exclude(to_status="GRACE")
            .values_list("to_status", flat=True)
        )
        assert len(ends) == 2
        assert sent.transfer.status in ends
        paid = sent.transfer.status == "COMPLETED"
        assert (available_minor(alice), available_minor(bob)) == ((5_750, 4_250) if paid else (10_000, 0))
        allowed = {
            "Answered",
            "Transfer",
            "int",
            *(e.__name__ for e in (ChallengeUsed, ChallengeExpired, StateConflict)),
        }
        assert set(kinds(results)) <= allowed
        assert books_are_zero()


class TestAFreezeInTheMiddle:
    def test_stops_a_payment_that_has_already_read_that_it_may_go(self) -> None:
        """The payment waits for the day's counter, past its look at the sender; then the freeze commits."""
        alice, bob = people("alice", "bob", minor=10_000)
        payee = known_payee(alice, bob, trusted=True)
        send(alice, payee, 1_000)
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM accounts_limit_usage WHERE user_id = %s FOR UPDATE", [alice.pk])
            result: list[Any] = []
            paying = threading.Thread(target=lambda: result.extend(together([lambda: send(alice, payee, 2_000)])))
            paying.start()
            wait_until_somebody_waits_for(cursor)
            together([lambda: freeze(user=alice, by="staff:erin", at=now(), origin=ORIGIN)])
            cursor.execute("COMMIT")
        paying.join(timeout=60)
        assert [type(answer) for answer in result] == [AccountFrozen]
        assert (available_minor(alice), available_minor(bob)) == (9_000, 11_000)
        assert Transfer.objects.filter(sender=alice).count() == 1
        assert books_are_zero()


def wait_until_somebody_waits_for(cursor: Any) -> None:
    """Returns once another connection waits for a lock this one holds."""
    for _look in range(2_000):
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        if cursor.fetchone()[0]:
            return
        threading.Event().wait(0.005)
    raise AssertionError("nobody came to wait")
