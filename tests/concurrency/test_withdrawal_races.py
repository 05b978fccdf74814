"""Withdrawals when everybody comes at once, on a real PostgreSQL: exactly one wins, and the books say so."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts.limits.models import LimitUsage
from accounts.staff.policy import COMPLIANCE_LEAD
from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import wallet_of
from ledger import selectors as ledger_selectors
from ledger.money import Money
from payments.banking import services
from payments.banking.models import Withdrawal, WithdrawalEvent
from tests.factories.people import ORIGIN, PIN, available_minor, give_money, make_person, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import add_account, confirmed, requested, seen, submitted
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.identity.models import User
    from payments.banking.models import BankAccount

pytestmark = pytest.mark.usefixtures("clone_db")

MANY = 40
ACCOUNTS = iter(range(1, 10_000))


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
    """How often each outcome came: "done", or the name of an exception."""
    return Counter(type(one).__name__ if isinstance(one, Exception) else "done" for one in results)


def rich(minor: int = 30_000) -> User:
    """Somebody new; the clone keeps everybody."""
    person = make_person(f"rich{uuid4().hex[:8]}")
    give_money(person, Money(minor, "EUR"))
    return person


def officer() -> User:
    return make_officer(f"off{uuid4().hex[:8]}", COMPLIANCE_LEAD)


def account_of(person: User, *, cooled_off: bool = True) -> BankAccount:
    """An account of their own, by its check digits."""
    from schwifty import IBAN

    iban = IBAN.generate("DE", bank_code="37040044", account_code=f"{next(ACCOUNTS):010}")
    return add_account(person, iban=str(iban), cooled_off=cooled_off)


def held(person: User) -> int:
    wallet = wallet_of(person, "EUR")
    assert wallet is not None
    return ledger_selectors.balance_now(wallet.id).held_minor


def fresh(row: Withdrawal) -> Withdrawal:
    return Withdrawal.objects.get(pk=row.pk)


def books_are_zero() -> bool:
    """All postings add up to nothing, every balance is the sum of its postings, every held sum that of its holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM ledger_posting")
        total = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM ledger_balance b WHERE b.posted <> "
            "(SELECT coalesce(sum(amount), 0) FROM ledger_posting p"
            " WHERE p.account = b.account AND p.stripe = b.stripe)"
            " OR b.stripe = 0 AND b.held <> (SELECT coalesce(sum(h.amount - h.captured - h.released), 0)"
            " FROM ledger_hold h WHERE h.account = b.account AND h.state = 'OPEN')"
        )
        wrong = cursor.fetchone()[0]
    return bool(total == 0 and wrong == 0)


class TestOneBalance:
    def test_forty_withdrawals_take_exactly_what_it_allows(self) -> None:
        person = rich(10_000)
        account = account_of(person)
        results = together([lambda: requested(person, account, 1_000)] * MANY)
        assert kinds(results) == {"done": 9, "InsufficientFunds": 31}  # 9 × (10.00 + 0.50) of 100.00
        assert available_minor(person) == 10_000 - 9 * 1_050
        assert held(person) == 9 * 1_050
        assert Withdrawal.objects.filter(user=person).count() == 9
        assert LimitUsage.objects.get(user=person, product="WITHDRAW").used_minor == 9_000
        assert books_are_zero()

    def test_twenty_copies_of_one_request_are_one_withdrawal(self) -> None:
        person = rich()
        account = account_of(person)
        at, key = now(), uuid4().hex

        def ask() -> services.Requested:
            return services.request_withdrawal(
                user=person,
                bank_account_id=account.pk,
                amount=Money(1_000, "EUR"),
                idempotency_key=key,
                origin=ORIGIN,
                at=at,
            )

        results = together([ask] * 20)
        assert kinds(results) == {"done": 20}
        assert len({one.withdrawal.pk for one in results}) == 1
        assert len({one.challenge.pk for one in results}) == 1
        assert sum(not one.replayed for one in results) == 1
        assert held(person) == 1_050
        assert WithdrawalEvent.objects.filter(withdrawal__user=person).count() == 1


class TestDecisions:
    @pytest.mark.parametrize("_attempt", range(5))
    def test_approve_against_cancel(self, _attempt: int) -> None:
        person, erin = rich(), officer()
        row = confirmed(person, account_of(person, cooled_off=False), 1_000)
        results = together(
            [
                lambda: services.approve(withdrawal_id=row.pk, by=erin, seen=seen(row), origin=ORIGIN, at=now()),
                lambda: services.cancel_withdrawal(user=person, withdrawal_id=row.pk, origin=ORIGIN, at=now()),
            ]
        )
        assert fresh(row).status == "CANCELLED"  # the person may cancel until the file leaves
        assert kinds(results) in ({"done": 2}, {"done": 1, "StateConflict": 1})
        assert held(person) == 0
        assert books_are_zero()

    @pytest.mark.parametrize("_attempt", range(5))
    def test_cancel_against_the_file(self, _attempt: int) -> None:
        person = rich()
        row = confirmed(person, account_of(person), 1_000)

        def build() -> list[Any]:
            with db.transaction():
                payouts = services.lock_approved(limit=10_000, at=now())
                return services.mark_submitted(
                    withdrawal_ids=[payout.withdrawal_id for payout in payouts], reference="FILE", at=now()
                )

        built, cancelled = together(
            [
                build,
                lambda: services.cancel_withdrawal(user=person, withdrawal_id=row.pk, origin=ORIGIN, at=now()),
            ]
        )
        status = fresh(row).status
        assert not isinstance(built, Exception)
        assert (status == "SUBMITTED") == (row.pk in built) == (type(cancelled).__name__ == "StateConflict")
        assert held(person) == (1_050 if status == "SUBMITTED" else 0)
        assert status in ("SUBMITTED", "CANCELLED")

    def test_two_approvers_of_a_small_one(self) -> None:
        person, officers = rich(), [officer() for _ in range(4)]
        row = confirmed(person, account_of(person, cooled_off=False), 1_000)
        results = together(
            [
                lambda by=by: services.approve(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())
                for by in officers
            ]
        )
        assert kinds(results) == {"done": 1, "StateConflict": 3}
        (winner,) = [one for one in results if isinstance(one, Withdrawal)]
        assert fresh(row).approved_by_id == winner.approved_by_id

    def test_two_second_approvers_of_a_large_one(self) -> None:
        person, first, others = rich(500_000), officer(), [officer() for _ in range(4)]
        row = confirmed(person, account_of(person, cooled_off=False), 250_000)
        services.approve(withdrawal_id=row.pk, by=first, seen=seen(row), origin=ORIGIN, at=now())
        results = together(
            [
                lambda by=by: services.approve_second(
                    withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now()
                )
                for by in (first, *others)
            ]
        )
        outcome = kinds(results)
        assert outcome["done"] == 1
        assert isinstance(results[0], Exception)
        assert fresh(row).status == "APPROVED"
        assert fresh(row).second_approved_by_id in {one.pk for one in others}

    @pytest.mark.parametrize("_attempt", range(5))
    def test_second_approval_against_cancel_and_correction(self, _attempt: int) -> None:
        person, first, second, editor = rich(500_000), officer(), officer(), officer()
        account = account_of(person, cooled_off=False)
        row = confirmed(person, account, 250_000)
        services.approve(withdrawal_id=row.pk, by=first, seen=seen(row), origin=ORIGIN, at=now())
        results = together(
            [
                lambda: services.approve_second(
                    withdrawal_id=row.pk, by=second, seen=seen(row), origin=ORIGIN, at=now()
                ),
                lambda: services.cancel_withdrawal(user=person, withdrawal_id=row.pk, origin=ORIGIN, at=now()),
                lambda: services.correct_bank_account(
                    by=editor,
                    account_id=account.pk,
                    holder_name="Somebody Else",
                    bic="COBADEFF",
                    reason="typing_mistake",
                    origin=ORIGIN,
                    at=now(),
                ),
            ]
        )
        assert fresh(row).status == "CANCELLED"
        assert not isinstance(results[1], Exception)
        assert not isinstance(results[2], Exception)
        assert held(person) == 0

    @pytest.mark.parametrize("_attempt", range(5))
    def test_approve_against_correction_never_pays_what_was_not_seen(self, _attempt: int) -> None:
        person, erin, editor = rich(), officer(), officer()
        account = account_of(person, cooled_off=False)
        row = confirmed(person, account, 1_000)
        _, corrected = together(
            [
                lambda: services.approve(withdrawal_id=row.pk, by=erin, seen=seen(row), origin=ORIGIN, at=now()),
                lambda: services.correct_bank_account(
                    by=editor,
                    account_id=account.pk,
                    holder_name="Somebody Else",
                    bic="COBADEFF",
                    reason="typing_mistake",
                    origin=ORIGIN,
                    at=now(),
                ),
            ]
        )
        after = fresh(row)
        assert not isinstance(corrected, Exception)
        assert after.bank_account_revision == 2
        if after.status == "APPROVED":  # then the approval came after the correction and saw it
            latest = list(after.conditions.filter(code="account_unchanged").order_by("screening_no"))[-1]
            assert latest.passed
        else:
            assert (after.status, after.approved_by_id) == ("UNDER_REVIEW", None)


class TestConfirming:
    @pytest.mark.parametrize("_attempt", range(5))
    def test_confirm_against_expiry(self, _attempt: int) -> None:
        person = rich()
        row = requested(person, account_of(person), 1_000, at=now() - timedelta(minutes=14))
        late = row.expires_at
        old = open_challenge_of(row.pk)
        assert old is not None
        challenge = stepup.renew(challenge_id=old.pk, user=person, at=late - timedelta(seconds=1), origin=ORIGIN)
        answered, _ = together(
            [
                lambda: stepup.answer(
                    challenge_id=challenge.pk,
                    user=person,
                    method="pin",
                    code=PIN,
                    at=late - timedelta(microseconds=1),
                    origin=ORIGIN,
                ),
                lambda: services.expire_withdrawals(at=late),
            ]
        )
        status = fresh(row).status
        if isinstance(answered, Exception):
            assert status == "EXPIRED"
            assert held(person) == 0
        else:
            assert status == "APPROVED"
            assert held(person) == 1_050
        assert WithdrawalEvent.objects.filter(withdrawal=row, to_status__in=["EXPIRED", "SCREENING"]).count() == 1

    def test_forty_confirmations_confirm_once(self) -> None:
        person = rich()
        row = requested(person, account_of(person), 1_000)
        challenge = open_challenge_of(row.pk)
        assert challenge is not None
        at = now()
        results = together(
            [
                lambda: services.confirm_withdrawal(subject_id=row.pk, challenge_id=challenge.pk, origin=ORIGIN, at=at)
                for _ in range(5)
            ]
            + [
                lambda: stepup.answer(
                    challenge_id=challenge.pk, user=person, method="pin", code=PIN, at=at, origin=ORIGIN
                )
                for _ in range(5)
            ]
        )
        assert kinds(results)["done"] == 1
        assert fresh(row).status == "APPROVED"
        assert WithdrawalEvent.objects.filter(withdrawal=row).count() == 3


class TestTheBank:
    def test_the_same_news_from_eight_messages_is_booked_once(self) -> None:
        person = rich()
        account = account_of(person)
        rows = [submitted(confirmed(person, account, 1_000)) for _ in range(5)]
        chosen = [row.pk for row in rows]

        def hear(order: int) -> list[Any]:
            named = chosen if order else chosen[::-1]
            with db.transaction():
                return services.mark_settled(
                    withdrawal_ids=named, message_id=ids.uuid7(), value_date=date(2026, 11, 23), at=now()
                )

        results = together([lambda order=order: hear(order % 2) for order in range(8)])
        assert kinds(results) == {"done": 8}
        assert sorted(len(one) for one in results) == [0] * 7 + [5]
        assert held(person) == 0
        assert available_minor(person) == 30_000 - 5 * 1_050
        assert books_are_zero()

    @pytest.mark.parametrize("_attempt", range(5))
    def test_no_and_yes_at_once(self, _attempt: int) -> None:
        person = rich()
        row = submitted(confirmed(person, account_of(person), 1_000))

        def accept() -> list[Any]:
            with db.transaction():
                return services.mark_sent(items=[(row.pk, "")], at=now())

        def refuse() -> list[Any]:
            with db.transaction():
                return services.mark_failed(items=[(row.pk, "AC04")], at=now())

        accepted, failed = together([accept, refuse])
        assert sorted([accepted, failed]) == [[], [row.pk]]
        assert fresh(row).status == ("SENT" if accepted else "FAILED")
        assert held(person) == 0
        assert available_minor(person) == (28_950 if accepted else 30_000)
