"""Wallets: opened once, told in words people know, by page and by API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.activity.services import NewItem, record
from accounts.audit.models import RecordedEvent
from accounts.devices.errors import StaffOwnNoWallet
from accounts.wallets.selectors import balances_of, main_first, wallet_of
from accounts.wallets.services import CurrencyNotOffered, NotVerified, add_wallet, open_wallet
from ledger import services as ledger
from ledger.money import Money
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.sessions import app_token, browser
from tests.integration.accounts.app import App
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from pytest_django import DjangoAssertMaxNumQueries, DjangoAssertNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


def _opened(user: User) -> list[str]:
    rows = RecordedEvent.objects.filter(name="wallet_opened", subject_id=user.pk).order_by("id")
    return [row.payload["currency"] for row in rows]


def _hold(user: User, minor: int, reason: str, *, days: int = 1) -> None:
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    with db.transaction():
        ledger.place_hold(
            hold_id=uuid4(),
            account_id=wallet.id,
            amount=Money(minor, "EUR"),
            reason=reason,
            expires_at=now() + timedelta(days=days),
            at=now(),
        )


class TestOpenWallet:
    def test_verification_opened_one_in_the_countrys_currency(self, bob: User) -> None:
        (balance,) = balances_of(bob)
        assert (balance.currency, balance.available_minor, balance.is_frozen) == ("EUR", 0, False)
        assert _opened(bob) == ["EUR"]

    def test_a_chinese_person_has_yuan(self) -> None:
        (balance,) = balances_of(make_person("mei", country="CN"))
        assert balance.currency == "CNY"

    def test_again_is_the_same_and_no_second_event(self, bob: User) -> None:
        before = wallet_of(bob, "EUR")
        assert open_wallet(user=bob, currency="EUR", at=now(), origin=ORIGIN) == before
        assert _opened(bob) == ["EUR"]

    def test_staff_own_none(self, dave: User) -> None:
        with pytest.raises(StaffOwnNoWallet):
            open_wallet(user=dave, currency="EUR", at=now(), origin=ORIGIN)
        assert balances_of(dave) == []

    @pytest.mark.parametrize("currency", ["XXX", "eur", "", "BTC", "KWD"])
    def test_only_offered_currencies(self, bob: User, currency: str) -> None:
        with pytest.raises(CurrencyNotOffered):
            add_wallet(user=bob, currency=currency, at=now(), origin=ORIGIN)
        assert [balance.currency for balance in balances_of(bob)] == ["EUR"]

    def test_adding_needs_a_verified_contact(self, bob: User) -> None:
        bob.verified_at = None
        with pytest.raises(NotVerified):
            add_wallet(user=bob, currency="USD", at=now(), origin=ORIGIN)


class TestBalances:
    def test_say_what_is_available_held_maturing_and_pending(
        self, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        _hold(alice, 4_250, "TRANSFER")
        _hold(alice, 10_000, "MATURING")
        with db.transaction():
            record(_pending(alice, 2_000))
        with django_assert_num_queries(2):
            (balance,) = balances_of(alice)
        assert (balance.available_minor, balance.held_minor, balance.maturing_minor) == (15_750, 4_250, 10_000)
        assert (balance.pending_minor, balance.owed_minor) == (2_000, 0)
        assert balance.not_available == Money(16_250, "EUR")
        assert [part.sentence for part in balance.parts] == [
            "€100.00 was added by card recently. You can send it once the card payment is safe.",
            "€42.50 is held for payments that are not finished.",
            "€20.00 is on its way to you.",
        ]

    def test_a_lapsed_hold_counts_no_more(self, alice: User) -> None:
        _hold(alice, 10_000, "MATURING", days=1)
        (before,) = balances_of(alice, at=now())
        (after,) = balances_of(alice, at=now() + timedelta(days=2))
        assert (before.available_minor, after.available_minor) == (20_000, 30_000)
        assert after.parts == []

    def test_a_frozen_wallet_is_said_to_be(self, alice: User) -> None:
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        with db.transaction():
            ledger.freeze(account_id=wallet.id, debit=True, credit=False, at=now())
        (balance,) = balances_of(alice)
        assert (balance.is_frozen, balance.available_minor, balance.owed_minor) == (True, 30_000, 0)

    def test_the_countrys_currency_stands_first(self, alice: User) -> None:
        for currency in ("USD", "CNY"):
            add_wallet(user=alice, currency=currency, at=now(), origin=ORIGIN)
        assert [balance.currency for balance in main_first(balances_of(alice), "EUR")] == ["EUR", "CNY", "USD"]


class TestApi:
    def _app(self, user: User) -> App:
        app = App()
        app.token = app_token(user)
        return app

    def test_lists_exactly_the_promised_fields(self, alice: User) -> None:
        answer = self._app(alice).call("GET", "/api/v1/wallets/")
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        assert answer.status_code == 200
        assert answer.data == {
            "results": [
                {
                    "id": ids.public("wal", wallet.public_id),
                    "currency": "EUR",
                    "available_minor": 30_000,
                    "held_minor": 0,
                    "maturing_minor": 0,
                    "pending_minor": 0,
                    "owed_minor": 0,
                }
            ],
            "next": None,
        }

    def test_adds_a_currency_once(self, bob: User) -> None:
        app = self._app(bob)
        first = app.call("POST", "/api/v1/wallets/", {"currency": "USD"})
        again = app.call("POST", "/api/v1/wallets/", {"currency": "USD"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.data == again.data
        assert first.data["currency"] == "USD"
        assert _opened(bob) == ["EUR", "USD"]

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"currency": "XXX"}, 422, "currency_not_offered"),
            ({"currency": 5}, 400, "invalid"),
            ({}, 400, "invalid"),
            ({"currency": "USD", "owner": "me"}, 400, "unknown_field"),
        ],
    )
    def test_refuses(self, bob: User, body: dict[str, object], status: int, code: str) -> None:
        answer = self._app(bob).call("POST", "/api/v1/wallets/", body)
        assert (answer.status_code, answer.data["code"], answer.data["money_moved"]) == (status, code, False)
        assert _opened(bob) == ["EUR"]

    def test_strangers_are_sent_away(self) -> None:
        answer = App().call("GET", "/api/v1/wallets/")
        assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")


class TestPage:
    def test_shows_each_balance_and_adds_a_currency(
        self, alice: User, django_assert_max_num_queries: DjangoAssertMaxNumQueries
    ) -> None:
        client = browser(alice)
        with django_assert_max_num_queries(8):
            page = client.get("/wallets/")
        assert page.status_code == 200
        assert "€300.00" in page.content.decode()
        added = client.post("/wallets/", {"currency": "JPY"})
        assert (added.status_code, added.headers["Location"]) == (302, "/wallets/")
        assert [balance.currency for balance in balances_of(alice)] == ["EUR", "JPY"]

    @pytest.mark.parametrize("currency", ["", "EUR", "XXX"])
    def test_refuses_what_is_there_or_not_offered(self, alice: User, currency: str) -> None:
        client = browser(alice)
        assert client.post("/wallets/", {"currency": currency}).status_code == 422
        assert [balance.currency for balance in balances_of(alice)] == ["EUR"]


def _pending(user: User, minor: int) -> NewItem:
    subject = uuid4()
    return NewItem(
        user_id=user.pk,
        kind="top_up",
        direction="IN",
        state="PROCESSING",
        amount_minor=minor,
        currency="EUR",
        subject_kind="top_up",
        subject_id=subject,
        reference=ids.public("top", subject),
        url_name="top_up",
        occurred_at=now(),
    )


def test_money_of_one_is_not_seen_by_another(alice: User, bob: User) -> None:
    give_money(alice, Money(1, "EUR"))
    assert [balance.available_minor for balance in balances_of(bob)] == [0]
