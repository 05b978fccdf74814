"""The questions to the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from ledger import selectors, services
from ledger.chart import platform_account_id
from ledger.errors import UnknownAccount, UnknownEntry, UnknownHold
from ledger.facts import Turnover
from ledger.money import Money
from tests.factories.ledger import AT, clearing, post, wallet
from wallet_project.lib import db, ids
from wallet_project.lib.errors import Invalid

pytestmark = pytest.mark.django_db


def hold(account_id: int, minor: int, reason: str, expires_at: datetime | None = None) -> None:
    with db.transaction():
        services.place_hold(
            hold_id=ids.uuid7(), account_id=account_id, amount=Money(minor, "EUR"), reason=reason,
            expires_at=expires_at, at=AT,
        )  # fmt: skip


class TestAccounts:
    def test_for_one_owner(self) -> None:
        alice = wallet()
        find = {"owner_kind": "person", "owner_id": alice.owner_id, "code": "wallet"}
        assert selectors.account_for(**find, currency="EUR") == alice == selectors.account(alice.id)
        assert selectors.account_for(**find, currency="USD") is None

    def test_for_many_owners_in_one_query(self, django_assert_num_queries: Any) -> None:
        alice, bob = wallet(), wallet()
        stranger = uuid4()
        with django_assert_num_queries(1):
            found = selectors.accounts_for_owners(
                owner_ids=[alice.owner_id, bob.owner_id, stranger], code="wallet", currency="EUR"
            )
        assert found == {alice.owner_id: alice, bob.owner_id: bob}

    def test_of_nobody(self) -> None:
        for ask in (selectors.account, selectors.balance_now):
            with pytest.raises(UnknownAccount):
                ask(2**39)
        with pytest.raises(UnknownEntry):
            selectors.entry_with_postings(uuid4())
        with pytest.raises(UnknownHold):
            selectors.hold(uuid4())


class TestWallets:
    def test_tell_what_is_held_why_in_one_query(self, django_assert_num_queries: Any) -> None:
        alice = wallet(minor=1000)
        dollars = wallet(owner_id=alice.owner_id, currency="USD")
        wallet(minor=77)
        hold(alice.id, 300, "MATURING", AT + timedelta(days=3))
        hold(alice.id, 100, "MATURING")
        hold(alice.id, 50, "TRANSFER", AT + timedelta(minutes=15))
        with django_assert_num_queries(1):
            euro, dollar = selectors.wallets_of(owner_kind="person", owner_id=alice.owner_id)
        assert (euro.account_id, euro.public_id, euro.currency) == (alice.id, alice.public_id, "EUR")
        assert (euro.posted_minor, euro.held_minor, euro.available_minor) == (1000, 450, 550)
        assert euro.holds_by_reason == {"MATURING": 400, "TRANSFER": 50}
        assert (euro.posted, euro.held, euro.available) == (Money(1000, "EUR"), Money(450, "EUR"), Money(550, "EUR"))
        assert (dollar.account_id, dollar.posted_minor, dollar.holds_by_reason) == (dollars.id, 0, {})

    def test_at_a_moment_lapsed_holds_no_longer_count(self) -> None:
        alice = wallet(minor=1000)
        hold(alice.id, 300, "MATURING", AT + timedelta(days=3))
        hold(alice.id, 50, "TRANSFER", AT + timedelta(minutes=15))
        (found,) = selectors.wallets_of(owner_kind="person", owner_id=alice.owner_id, at=AT + timedelta(minutes=15))
        assert (found.held_minor, found.available_minor, found.holds_by_reason) == (300, 700, {"MATURING": 300})
        (found,) = selectors.wallets_of(owner_kind="person", owner_id=alice.owner_id, at=AT + timedelta(days=3))
        assert (found.held_minor, found.available_minor, found.holds_by_reason) == (0, 1000, {})

    def test_open_holds_first_to_lapse_first(self) -> None:
        alice = wallet(minor=1000)
        hold(alice.id, 1, "TRANSFER")
        hold(alice.id, 2, "TRANSFER", AT + timedelta(days=2))
        hold(alice.id, 3, "TRANSFER", AT + timedelta(days=1))
        assert [found.amount.amount_minor for found in selectors.open_holds(alice.id)] == [3, 2, 1]


class TestHistory:
    def test_pages_newest_first(self) -> None:
        alice, bob = wallet(), wallet()
        for minor in range(1, 8):
            post(clearing(), alice.id, minor * 100)
        seen, cursor = [], None
        while True:
            page = selectors.postings_page(account_id=alice.id, cursor=cursor, limit=3)
            seen += [line.amount_minor for line in page.postings]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [700, 600, 500, 400, 300, 200, 100]
        assert selectors.postings_page(account_id=bob.id).postings == ()

    def test_pages_over_stripes_lose_and_repeat_nothing(self) -> None:
        merchant = wallet(code="merchant", stripes=4)
        for minor in range(1, 30):
            post(clearing(), merchant.id, minor)
        seen, cursor = [], None
        while True:
            page = selectors.postings_page(account_id=merchant.id, cursor=cursor, limit=4)
            seen += [line.amount_minor for line in page.postings]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == list(range(29, 0, -1))

    @pytest.mark.parametrize("cursor", ["x", "1", "1:x", "1:2:3", "0:9" * 99, "99999:1", "0:99999999999999999999"])
    def test_a_made_up_cursor_is_refused(self, cursor: str) -> None:
        with pytest.raises(Invalid):
            selectors.postings_page(account_id=wallet(minor=5).id, cursor=cursor)

    def test_balance_at_any_moment(self) -> None:
        alice = wallet()
        moments = []
        for minor in (100, 200, 300, 400, 500):
            post(clearing(), alice.id, minor)
            moments.append(selectors.postings_page(account_id=alice.id, limit=1).postings[0].created_at)
        just = timedelta(microseconds=1)
        assert selectors.balance_at(account_id=alice.id, at=moments[0] - just) == 0
        assert [selectors.balance_at(account_id=alice.id, at=moment) for moment in moments] == [
            100,
            300,
            600,
            1000,
            1500,
        ]
        assert selectors.balance_at(account_id=alice.id, at=moments[3] - just) == 600
        assert selectors.balance_at(account_id=alice.id, at=datetime(2999, 1, 1, tzinfo=UTC)) == 1500

    def test_balance_at_over_stripes(self) -> None:
        merchant = wallet(code="merchant", stripes=4)
        for _ in range(20):
            post(clearing(), merchant.id, 5)
        assert selectors.balance_at(account_id=merchant.id, at=datetime(2999, 1, 1, tzinfo=UTC)) == 100

    def test_time_never_runs_backwards_on_a_balance(self) -> None:
        alice = wallet()
        for _ in range(5):
            post(clearing(), alice.id, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT created_at FROM ledger_posting WHERE account = %s ORDER BY seq", [alice.id])
            times = [row[0] for row in cursor.fetchall()]
        assert times == sorted(times)

    def test_turnover(self) -> None:
        alice, bob = wallet(), wallet()
        post(clearing(), alice.id, 1000, effective_at=AT - timedelta(days=1))
        post(clearing(), alice.id, 200, effective_at=AT)
        post(alice.id, bob.id, 50, effective_at=AT + timedelta(hours=1))
        assert selectors.turnover_since(account_id=alice.id, since=AT) == Turnover(200, 50, 2)
        assert selectors.turnover_since(account_id=bob.id, since=AT + timedelta(hours=2)) == Turnover(0, 0, 0)


class TestTrialBalance:
    def test_adds_up_to_zero_in_every_currency(self) -> None:
        alice, bob = wallet(minor=1000), wallet(minor=500, currency="KWD")
        post(alice.id, platform_account_id("income.fees", "EUR"), 30)
        rows = {(row.code, row.currency): row for row in selectors.trial_balance()}
        assert rows["wallet", "EUR"].posted_minor == 970
        assert rows["wallet", "KWD"].posted_minor == 500
        assert rows["income.fees", "EUR"].posted_minor == 30
        assert rows["clearing.stripe", "EUR"].posted_minor == -1000
        assert (rows["clearing.stripe", "EUR"].accounts, rows["clearing.stripe", "EUR"].kind) == (1, "asset")
        for currency in {row.currency for row in rows.values()}:
            assert sum(row.posted_minor for row in rows.values() if row.currency == currency) == 0
        assert bob.currency == "KWD"
