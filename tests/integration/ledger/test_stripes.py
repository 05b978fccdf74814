"""Hot accounts: credits spread over stripes, debits from stripe 0, gathered when it is short."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger import integrity, selectors, services
from ledger.entries import Leg
from ledger.errors import InsufficientFunds
from ledger.models import Balance, Entry
from ledger.money import Money
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db


def stripes(account_id: int) -> list[int]:
    return list(Balance.objects.filter(account=account_id).order_by("stripe").values_list("posted", flat=True))


def busy_merchant(minor: int = 10) -> int:
    merchant = wallet(code="merchant", stripes=4)
    for _ in range(40):
        post(clearing(), merchant.id, minor)
    return merchant.id


def test_credits_spread() -> None:
    merchant = busy_merchant()
    assert sum(stripes(merchant)) == 400
    assert all(part > 0 for part in stripes(merchant))


def test_accounts_without_a_floor_spread_debits_too() -> None:
    before = stripes(clearing("KWD"))
    for _ in range(40):
        post(clearing("KWD"), wallet(currency="KWD").id, 1, currency="KWD")
    after = stripes(clearing("KWD"))
    assert sum(after) - sum(before) == -40
    assert sum(part < 0 for part in after) > 3


def test_a_debit_gathers_the_stripes_when_the_first_is_short() -> None:
    merchant, bob = busy_merchant(), wallet()
    first = stripes(merchant)[0]
    post(merchant, bob.id, first)
    assert Balance.objects.get(account=merchant, stripe=0).posted == 0
    paid = post(merchant, bob.id, 400 - first)
    assert stripes(merchant) == [0, 0, 0, 0]
    assert amounts(bob.id) == [(400, 0)]
    assert len(selectors.own_legs(selectors.entry_with_postings(paid.entry_id))) == 2
    assert integrity.check(account_id=merchant) == []


def test_not_more_than_all_stripes_have() -> None:
    merchant, bob = busy_merchant(), wallet()
    before = stripes(merchant)
    with pytest.raises(InsufficientFunds) as refusal:
        post(merchant, bob.id, 401)
    assert refusal.value.params["available_minor"] == 400
    assert stripes(merchant) == before


def test_a_hold_gathers_under_an_entry_of_its_own() -> None:
    merchant, bob = busy_merchant(), wallet()
    entries = Entry.objects.count()
    with db.transaction():
        hold = services.place_hold(
            hold_id=ids.uuid7(),
            account_id=merchant,
            amount=Money(400, "EUR"),
            reason="WITHDRAWAL",
            expires_at=None,
            at=AT,
        )
    assert stripes(merchant) == [400, 0, 0, 0]
    assert Entry.objects.count() == entries + 1
    assert Entry.objects.get(id=ids.derive(hold.id, "sweep")).kind == "sweep"
    with db.transaction():
        services.capture_hold(hold_id=hold.id, draft=draft(merchant, bob.id, 400), at=AT)
    assert amounts(merchant, bob.id) == [(0, 0), (400, 0)]
    assert integrity.check(account_id=merchant) == []


def test_a_hold_on_stripes_without_a_floor_is_captured_where_it_is() -> None:
    suspense = wallet(code="merchant", stripes=4, floor_minor=None)
    bob = wallet()
    with db.transaction():
        hold = services.place_hold(
            hold_id=ids.uuid7(), account_id=suspense.id, amount=Money(5, "EUR"), reason="WITHDRAWAL",
            expires_at=AT + timedelta(days=1), at=AT,
        )  # fmt: skip
        services.capture_hold(hold_id=hold.id, draft=draft(suspense.id, bob.id, 5), at=AT)
    assert amounts(suspense.id, bob.id) == [(-5, 0), (5, 0)]
    assert stripes(suspense.id)[0] == -5


def test_a_gathering_entry_is_reversed_by_its_own_legs_only() -> None:
    merchant, bob = busy_merchant(), wallet()
    paid = post(merchant, bob.id, 400)
    with db.transaction():
        services.reverse(entry_id=paid.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")
    assert amounts(merchant, bob.id) == [(400, 0), (0, 0)]
    assert integrity.check(account_id=merchant) == []


def test_what_an_entry_brings_pays_for_what_it_takes() -> None:
    """A receipt and its fee in one entry, on an account with nothing else: whatever stripe the entry would choose."""
    payer = wallet(minor=4_000)
    merchant = wallet(code="merchant", stripes=4)
    for _ in range(8):
        legs = (
            Leg(payer.id, -500, "EUR"),
            Leg(merchant.id, 500, "EUR"),
            Leg(merchant.id, -500, "EUR"),
            Leg(clearing(), 500, "EUR"),
        )
        post(0, 0, 0, legs=legs)
    assert amounts(payer.id, merchant.id) == [(0, 0), (0, 0)]
    assert integrity.check(account_id=merchant.id) == []
