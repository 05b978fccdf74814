"""Opening, freezing, limiting and closing accounts."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from ledger import chart, selectors, services
from ledger.errors import AccountIdTaken, AccountNotEmpty, CurrencyUnknown, LimitsRefused, UnknownAccount
from ledger.models import Account, Balance
from ledger.money import Money
from tests.factories.ledger import AT, amounts, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db


class TestOpen:
    def test_opens_with_nothing_on_it(self) -> None:
        owner = uuid4()
        view = wallet(owner_id=owner)
        assert (view.owner_kind, view.owner_id, view.code, view.currency) == ("person", owner, "wallet", "EUR")
        assert (view.flags, view.closed_at, view.takes_debits, view.takes_credits) == (0, None, True, True)
        assert 0 < view.id < 2**40
        assert Account.objects.get(id=view.id).kind == "liability"
        assert amounts(view.id) == [(0, 0)]

    def test_again_answers_the_one_there(self) -> None:
        owner = uuid4()
        first = wallet(owner_id=owner)
        assert wallet(owner_id=owner, floor_minor=None) == first
        assert wallet(owner_id=owner, currency="USD").id != first.id
        assert wallet(owner_id=owner, code="pot").id != first.id

    def test_the_callers_id_is_kept_and_never_shared(self) -> None:
        owner = uuid4()
        assert wallet(owner_id=owner, account_id=2**39 + 7).id == 2**39 + 7
        assert wallet(owner_id=owner, account_id=2**39 + 7).id == 2**39 + 7
        with pytest.raises(AccountIdTaken):
            wallet(owner_id=owner, account_id=2**39 + 8)
        with pytest.raises(AccountIdTaken):
            wallet(account_id=2**39 + 7)

    def test_only_known_currencies_and_codes(self) -> None:
        with pytest.raises(CurrencyUnknown):
            wallet(currency="XXX")
        with pytest.raises(KeyError):
            wallet(code="piggy-bank")

    def test_a_striped_account_has_no_ceiling(self) -> None:
        with pytest.raises(LimitsRefused):
            wallet(stripes=4, ceiling_minor=5)


class TestChart:
    def test_is_open_in_every_currency(self) -> None:
        assert services.open_chart(at=AT) == 0
        fees = selectors.account(chart.platform_account_id("income.fees", "KWD"))
        assert (fees.owner_kind, fees.owner_id, fees.code, fees.currency) == (
            "platform",
            chart.PLATFORM_ID,
            "income.fees",
            "KWD",
        )
        assert Balance.objects.filter(account=fees.id).count() == 8


class TestFreeze:
    def test_is_a_switch_for_each_direction(self) -> None:
        alice = wallet()
        assert services.freeze(account_id=alice.id, debit=True, credit=False, at=AT) == 1
        assert services.freeze(account_id=alice.id, debit=False, credit=True, at=AT) == 3
        assert selectors.account(alice.id).takes_credits is False
        assert services.unfreeze(account_id=alice.id, debit=True, credit=False, at=AT) == 2
        assert selectors.account(alice.id).takes_debits is True
        assert services.unfreeze(account_id=alice.id, at=AT) == 0

    def test_covers_every_stripe(self) -> None:
        merchant = wallet(code="merchant", stripes=4)
        services.freeze(account_id=merchant.id, debit=True, credit=True, at=AT)
        assert set(Balance.objects.filter(account=merchant.id).values_list("flags", flat=True)) == {3}

    def test_of_nothing(self) -> None:
        with pytest.raises(UnknownAccount):
            services.freeze(account_id=2**39, debit=True, credit=True, at=AT)


class TestLimits:
    def test_what_is_there_must_fit(self) -> None:
        alice = wallet(minor=500)
        services.set_limits(account_id=alice.id, floor_minor=500, ceiling_minor=500)
        for floor, ceiling in ((501, None), (None, 499)):
            with pytest.raises(LimitsRefused):
                services.set_limits(account_id=alice.id, floor_minor=floor, ceiling_minor=ceiling)
        balance = Balance.objects.get(account=alice.id)
        assert (balance.floor, balance.ceiling) == (500, 500)

    def test_a_lower_floor_is_an_overdraft(self) -> None:
        alice, bob = wallet(), wallet()
        services.set_limits(account_id=alice.id, floor_minor=-100, ceiling_minor=None)
        post(alice.id, bob.id, 100)
        assert amounts(alice.id) == [(-100, 0)]

    def test_a_striped_account_keeps_its_kind_of_floor(self) -> None:
        merchant = wallet(code="merchant", stripes=2)
        for floor, ceiling in ((None, None), (0, 10)):
            with pytest.raises(LimitsRefused):
                services.set_limits(account_id=merchant.id, floor_minor=floor, ceiling_minor=ceiling)
        services.set_limits(account_id=merchant.id, floor_minor=-5, ceiling_minor=None)


class TestClose:
    def test_only_when_empty(self) -> None:
        alice, bob = wallet(minor=5), wallet()
        with pytest.raises(AccountNotEmpty) as refusal:
            services.close_account(account_id=alice.id, at=AT)
        assert refusal.value.params == {"account_id": alice.id, "posted_minor": 5, "held_minor": 0}
        assert selectors.account(alice.id).closed_at is None
        post(alice.id, bob.id, 5)
        assert services.close_account(account_id=alice.id, at=AT) == AT
        assert services.close_account(account_id=alice.id, at=AT + timedelta(days=1)) == AT
        view = selectors.account(alice.id)
        assert (view.closed_at, view.takes_debits, view.takes_credits) == (AT, False, False)
        assert selectors.wallets_of(owner_kind="person", owner_id=alice.owner_id) == []

    def test_a_hold_keeps_it_open_until_it_lapses(self) -> None:
        alice = wallet(floor_minor=None)
        with db.transaction():
            services.place_hold(
                hold_id=ids.uuid7(), account_id=alice.id, amount=Money(5, "EUR"), reason="DISPUTE",
                expires_at=AT + timedelta(days=1), at=AT,
            )  # fmt: skip
        with pytest.raises(AccountNotEmpty):
            services.close_account(account_id=alice.id, at=AT)
        assert services.close_account(account_id=alice.id, at=AT + timedelta(days=1)) == AT + timedelta(days=1)
