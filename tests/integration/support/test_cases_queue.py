"""The queue of withdrawals: what is in it, in which order, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.money import Money
from payments.banking import services as banking
from payments.banking.models import Withdrawal
from support.cases.policy import PAGE_SIZE
from support.cases.presentation import short_reference
from support.cases.rail import forget_counts
from support.cases.selectors import waiting
from support.cases.tasks import count_queues
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawals import add_account, confirmed, reject
from wallet_project.lib import ids
from wallet_project.lib.desk import queues

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import BankAccount

pytestmark = pytest.mark.django_db

QUEUE = "/admin/payments/withdrawal/"
QUERIES_BAR = 10


@pytest.fixture(autouse=True)
def no_counts_kept() -> None:
    forget_counts()


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", "compliance")


@pytest.fixture
def anna(db: None) -> User:
    user = make_person("anna")
    give_money(user, Money(9_000_000, "EUR"))
    return user


@pytest.fixture
def account(anna: User) -> BankAccount:
    return add_account(anna)


def some(user: User, account: BankAccount, count: int) -> list[Withdrawal]:
    """Withdrawals in review, the first the oldest; one real one and copies of it as the database keeps them."""
    first = confirmed(user, account, 60_000)
    return [first, *(copy_of(first, number) for number in range(1, count))]


def copy_of(row: Withdrawal, number: int) -> Withdrawal:
    at = row.created_at + timedelta(seconds=number)
    new = ids.uuid7(at)
    copied = Withdrawal.objects.get(pk=row.pk)
    copied.pk, copied.idempotency_key = new, f"copy-{number}"
    copied.end_to_end_id = ids.public("wdr", new).partition("_")[2]
    copied.status, copied.created_at, copied.revision = "AWAITING_STEP_UP", at, 1
    copied.review_due_at = row.review_due_at
    copied._state.adding = True
    copied.save(force_insert=True)
    for status in ("SCREENING", "UNDER_REVIEW"):
        copied.status, copied.revision = status, copied.revision + 1
        copied.save()
    return copied


def shown(answer: Any) -> list[str]:
    return re.findall(r"<small>(WDR \w+)</small>", answer.content.decode())


class TestQueue:
    def test_shows_the_oldest_first_with_reasons_and_deadline(
        self, erin: User, anna: User, account: BankAccount
    ) -> None:
        rows = some(anna, account, 3)
        Withdrawal.objects.filter(pk=rows[1].pk).update(review_due_at=now() + timedelta(hours=4))
        answer = desk(erin).get(QUEUE)
        assert shown(answer) == [short_reference(row) for row in rows]
        page = answer.content.decode()
        assert "<li>Large</li>" in page
        assert "Due in 3 h 59 min" in page
        assert "DE•• •••• 3000" in page
        assert "Anna E•••" in page
        assert "Anna Example" not in page

    def test_pages_neither_repeat_nor_skip(self, erin: User, anna: User, account: BankAccount) -> None:
        rows = some(anna, account, PAGE_SIZE + 3)
        client = desk(erin)
        first = client.get(QUEUE)
        following = re.search(r"after=(wdr_\w+)", first.content.decode())
        assert following is not None
        second = client.get(f"{QUEUE}?tab=decide&owner=all&after={following[1]}")
        assert shown(first) + shown(second) == [short_reference(row) for row in rows]
        assert "Next page" not in second.content.decode()
        assert "Back to the oldest" in second.content.decode()

    def test_by_owner(self, erin: User, anna: User, account: BankAccount) -> None:
        mine, free = some(anna, account, 2)
        banking.claim(withdrawal_id=mine.pk, by=erin, origin=ORIGIN, at=now())
        client = desk(erin)
        assert shown(client.get(f"{QUEUE}?owner=mine")) == [short_reference(mine)]
        assert shown(client.get(f"{QUEUE}?owner=free")) == [short_reference(free)]
        assert len(shown(client.get(f"{QUEUE}?owner=all"))) == 2

    def test_by_state(self, erin: User, anna: User, account: BankAccount) -> None:
        ended, waits = some(anna, account, 2)
        reject(ended, erin, "no_answer")
        client = desk(erin)
        assert shown(client.get(QUEUE)) == [short_reference(waits)]
        assert shown(client.get(f"{QUEUE}?tab=ended")) == [short_reference(ended)]
        assert shown(client.get(f"{QUEUE}?tab=customer")) == []
        assert "Nothing is waiting here." in client.get(f"{QUEUE}?tab=bank").content.decode()

    @pytest.mark.parametrize("query", ["tab=other", "owner=other", "after=wdr_nothing", "after=trf_aaaa"])
    def test_an_address_nobody_made_is_not_found(self, erin: User, query: str) -> None:
        assert desk(erin).get(f"{QUEUE}?{query}").status_code == 404

    def test_the_index_counts_it(self, erin: User, anna: User, account: BankAccount) -> None:
        rows = some(anna, account, 2)
        found = waiting()
        assert (found.count, found.oldest_at) == (2, rows[0].created_at)
        page = desk(erin).get("/admin/").content.decode()
        assert f'href="{QUEUE}"' in page

    def test_a_decision_shows_in_the_numbers_at_once(self, erin: User, anna: User, account: BankAccount) -> None:
        first, _second = some(anna, account, 2)
        client = desk(erin)
        assert "<span>Withdrawals</span><b>2</b>" in client.get(QUEUE).content.decode()
        client.post(f"{QUEUE}{first.pk}/act/reject/", {"reason": "no_answer"})
        assert "<span>Withdrawals</span><b>1</b>" in client.get(QUEUE).content.decode()


class TestWhatItCosts:
    def test_no_more_statements_for_a_longer_queue(self, erin: User, anna: User, account: BankAccount) -> None:
        client = desk(erin)
        some(anna, account, PAGE_SIZE + 1)
        client.get("/admin/accounts/recordedevent/")  # the second factor is taken up once in a session
        forget_counts()
        assert count_queues.apply().get() == len(queues.items())
        with CaptureQueriesContext(connection) as asked:
            assert client.get(QUEUE).status_code == 200
        assert len(asked) <= QUERIES_BAR, [query["sql"][:90] for query in asked]

    def test_valkey_out_of_reach_costs_statements_and_nothing_else(
        self, erin: User, anna: User, account: BankAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        some(anna, account, 1)
        client = desk(erin)
        monkeypatch.setattr(cache._cache, "_servers", ["redis://127.0.0.1:1/1"])  # type: ignore[attr-defined]  # a dead port
        monkeypatch.setattr(cache._cache, "_pools", {})  # type: ignore[attr-defined]  # no open connection either
        answer = client.get(QUEUE)
        assert answer.status_code == 200
        assert "<span>Withdrawals</span><b>1</b>" in answer.content.decode()
