"""ledger.services.post: one entry, once, balanced, within limits, or nothing at all."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from ledger import selectors, services
from ledger.entries import EntryDraft, Leg
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AlreadyReversed,
    AmountOutOfRange,
    CeilingExceeded,
    CurrencyMismatch,
    EntryIdReused,
    InsufficientFunds,
    LedgerError,
    UnknownAccount,
    UnknownEntry,
)
from ledger.facts import BalanceAfter
from ledger.models import Entry, Posting
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db


def refused(entry: EntryDraft, error: type[LedgerError], *watched: int) -> LedgerError:
    """Posting it is refused, and neither a row nor a balance changed."""
    before = (amounts(*watched), Entry.objects.count(), Posting.objects.count())
    with pytest.raises(error) as refusal, db.transaction():
        services.post(entry)
    assert (amounts(*watched), Entry.objects.count(), Posting.objects.count()) == before
    return refusal.value


class TestPost:
    def test_moves_money_and_tells_the_new_balances(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        entry = draft(alice.id, bob.id, 400, reference="trf_1", details={"fee_minor": 0})
        with db.transaction():
            posted = services.post(entry)
        assert (posted.entry_id, posted.replayed) == (entry.entry_id, False)
        assert posted.balances == (BalanceAfter(alice.id, 0, 600, 0), BalanceAfter(bob.id, 0, 400, 0))
        assert amounts(alice.id, bob.id) == [(600, 0), (400, 0)]

    def test_writes_what_it_was_told(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        entry = draft(alice.id, bob.id, 400, reference="trf_1", details={"fee_minor": 0, "n": None})
        with db.transaction():
            services.post(entry)
        view = selectors.entry_with_postings(entry.entry_id)
        assert (view.kind, view.actor, view.reference, view.effective_at) == ("transfer", "user:test", "trf_1", AT)
        assert view.details == {"fee_minor": 0, "n": None}
        assert view.reverses is None
        lines = [
            (line.line, line.account_id, line.amount_minor, line.posted_after_minor, line.seq) for line in view.postings
        ]
        assert lines == [(1, alice.id, -400, 600, 2), (2, bob.id, 400, 400, 1)]

    def test_is_one_statement(self, django_assert_num_queries: object) -> None:
        alice, bob = wallet(minor=1000), wallet()
        with db.transaction(), django_assert_num_queries(1):  # type: ignore[operator]
            services.post(draft(alice.id, bob.id, 400))

    def test_needs_the_callers_transaction(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        with pytest.raises(db.NotInTransaction):
            services.post(draft(alice.id, bob.id, 400))

    def test_goes_with_the_callers_transaction(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        with pytest.raises(ZeroDivisionError), db.transaction():
            services.post(draft(alice.id, bob.id, 400))
            _ = 1 // 0
        assert amounts(alice.id, bob.id) == [(1000, 0), (0, 0)]

    def test_down_to_the_last_cent(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        post(alice.id, bob.id, 1000)
        assert amounts(alice.id, bob.id) == [(0, 0), (1000, 0)]

    def test_many_legs_on_the_same_accounts(self) -> None:
        alice, bob, fees = wallet(minor=1000), wallet(), 2**40 + 10 * 65_536 + 978
        legs = (Leg(alice.id, -900, "EUR"), Leg(bob.id, 900, "EUR"), Leg(alice.id, -100, "EUR"), Leg(fees, 100, "EUR"))
        posted = post(alice.id, bob.id, 0, legs=legs)
        assert amounts(alice.id, bob.id, fees) == [(0, 0), (900, 0), (100, 0)]
        assert posted.balances[0] == BalanceAfter(alice.id, 0, 0, 0)

    def test_two_currencies_in_one_entry(self) -> None:
        euro, dollar = wallet(minor=1000), wallet(currency="USD")
        position_eur, position_usd = (2**40 + 11 * 65_536 + number for number in (978, 840))
        legs = (
            Leg(euro.id, -1000, "EUR"),
            Leg(position_eur, 1000, "EUR"),
            Leg(position_usd, -1080, "USD"),
            Leg(dollar.id, 1080, "USD"),
        )
        post(euro.id, dollar.id, 0, legs=legs)
        assert amounts(euro.id, dollar.id, position_eur, position_usd) == [(0, 0), (1080, 0), (1000, 0), (-1080, 0)]


class TestReplay:
    def test_the_same_entry_again_moves_nothing(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        entry = draft(alice.id, bob.id, 400)
        with db.transaction():
            first = services.post(entry)
        post(alice.id, bob.id, 100)
        with db.transaction():
            again = services.post(draft(alice.id, bob.id, 400, intent=entry.intent_id, actor="worker"))
        assert (again.entry_id, again.replayed, again.balances) == (first.entry_id, True, first.balances)
        assert amounts(alice.id, bob.id) == [(500, 0), (500, 0)]

    def test_a_replay_does_not_ask_for_funds(self) -> None:
        alice, bob = wallet(minor=400), wallet()
        entry = draft(alice.id, bob.id, 400)
        for replayed in (False, True):
            with db.transaction():
                assert services.post(entry).replayed is replayed

    def test_another_body_under_the_same_id_is_refused(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        entry = draft(alice.id, bob.id, 400)
        with db.transaction():
            services.post(entry)
        refusal = refused(draft(alice.id, bob.id, 401, intent=entry.intent_id), EntryIdReused, alice.id, bob.id)
        assert refusal.params == {"entry_id": str(entry.entry_id)}


class TestRefusals:
    def test_more_than_is_available(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        refusal = refused(draft(alice.id, bob.id, 1001), InsufficientFunds, alice.id, bob.id)
        assert refusal.params == {
            "account_id": alice.id,
            "currency": "EUR",
            "needed_minor": 1001,
            "available_minor": 1000,
        }

    def test_above_the_ceiling(self) -> None:
        alice, bob = wallet(minor=1000), wallet(ceiling_minor=300)
        post(alice.id, bob.id, 300)
        refusal = refused(draft(alice.id, bob.id, 1), CeilingExceeded, alice.id, bob.id)
        assert refusal.params == {"account_id": bob.id, "currency": "EUR", "ceiling_minor": 300, "posted_minor": 300}

    def test_an_account_of_another_currency(self) -> None:
        alice, bob = wallet(minor=1000), wallet(currency="USD")
        refused(draft(alice.id, bob.id, 1), CurrencyMismatch, alice.id, bob.id)

    def test_an_account_that_is_not_there(self) -> None:
        alice = wallet(minor=1000)
        assert refused(draft(alice.id, 2**39, 1), UnknownAccount, alice.id).params["account_id"] == 2**39

    @pytest.mark.parametrize(("debit", "credit", "victim"), [(True, False, "payer"), (False, True, "payee")])
    def test_a_frozen_account(self, debit: bool, credit: bool, victim: str) -> None:
        alice, bob = wallet(minor=1000), wallet()
        frozen = alice if victim == "payer" else bob
        services.freeze(account_id=frozen.id, debit=debit, credit=credit, at=AT)
        refusal = refused(draft(alice.id, bob.id, 1), AccountFrozen, alice.id, bob.id)
        assert refusal.params == {"account_id": frozen.id}

    def test_a_closed_account_even_for_the_law(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        services.close_account(account_id=bob.id, at=AT)
        with pytest.raises(AccountClosed), db.transaction():
            services.post(draft(alice.id, bob.id, 1), despite_freeze=True)
        assert amounts(alice.id, bob.id) == [(1000, 0), (0, 0)]

    def test_a_balance_beyond_bigint(self) -> None:
        suspense, bob = 2**40 + 21 * 65_536 + 978, wallet(floor_minor=None)
        post(suspense, bob.id, 2**63 - 1)
        refused(draft(suspense, bob.id, 1), AmountOutOfRange, bob.id, suspense)

    def test_despite_a_freeze_where_the_caller_says_so(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        services.freeze(account_id=alice.id, debit=True, credit=True, at=AT)
        with db.transaction():
            services.post(draft(alice.id, bob.id, 1000), despite_freeze=True)
        assert amounts(alice.id, bob.id) == [(0, 0), (1000, 0)]


class TestPostMany:
    def test_posts_in_order(self) -> None:
        alice, bob = wallet(minor=100), wallet()
        with db.transaction():
            posted = services.post_many([draft(alice.id, bob.id, 100), draft(bob.id, alice.id, 40)])
        assert [entry.replayed for entry in posted] == [False, False]
        assert amounts(alice.id, bob.id) == [(40, 0), (60, 0)]

    def test_all_or_none(self) -> None:
        alice, bob = wallet(minor=100), wallet()
        with pytest.raises(InsufficientFunds), db.transaction():
            services.post_many([draft(alice.id, bob.id, 100), draft(alice.id, bob.id, 1)])
        assert amounts(alice.id, bob.id) == [(100, 0), (0, 0)]


class TestReverse:
    def test_takes_an_entry_back_once(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        sent = post(alice.id, bob.id, 400, reference="trf_9")
        intent = ids.uuid7()
        with db.transaction():
            turned = services.reverse(entry_id=sent.entry_id, intent_id=intent, step="undo", at=AT, actor="staff:1")
        assert amounts(alice.id, bob.id) == [(1000, 0), (0, 0)]
        view = selectors.entry_with_postings(turned.entry_id)
        assert (view.kind, view.reverses, view.reference) == ("reversal", sent.entry_id, "trf_9")
        with db.transaction():
            again = services.reverse(entry_id=sent.entry_id, intent_id=intent, step="undo", at=AT, actor="staff:1")
        assert again.replayed is True
        with pytest.raises(AlreadyReversed), db.transaction():
            services.reverse(entry_id=sent.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")
        assert amounts(alice.id, bob.id) == [(1000, 0), (0, 0)]

    def test_refuses_when_the_money_is_gone(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        sent = post(alice.id, bob.id, 400)
        post(bob.id, clearing(), 400)
        with pytest.raises(InsufficientFunds), db.transaction():
            services.reverse(entry_id=sent.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")
        assert amounts(alice.id, bob.id) == [(600, 0), (0, 0)]

    def test_refuses_what_was_never_posted(self) -> None:
        with pytest.raises(UnknownEntry), db.transaction():
            services.reverse(entry_id=uuid4(), intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")


class TestBook:
    def test_another_book_is_another_world(self, settings: object) -> None:
        alice = wallet(minor=1000)
        settings.LEDGER_BOOK = 2  # type: ignore[attr-defined]
        assert (
            selectors.account_for(owner_kind="person", owner_id=alice.owner_id, code="wallet", currency="EUR") is None
        )
        assert Entry.objects.count() == 0
        other = services.open_account(
            owner_kind="person", owner_id=alice.owner_id, code="wallet", currency="EUR", at=AT
        )
        assert other.public_id != alice.public_id
        with pytest.raises(UnknownAccount), db.transaction():
            services.post(draft(alice.id, other.id, 1))

    def test_every_row_names_its_transaction(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        sent = post(alice.id, bob.id, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT tx = pg_current_xact_id() FROM ledger_entry WHERE id = %s", [sent.entry_id])
            assert cursor.fetchone() == (True,)
