"""Each kind of bad input has a refusal of its own, and writes nothing: neither row nor balance nor hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from ledger import integrity, services
from ledger.chart import platform_account_id
from ledger.entries import LEGS_MAX, Capture, EntryDraft, Leg
from ledger.errors import (
    AccountClosed,
    AmountOutOfRange,
    CaptureExceedsHold,
    CaptureMismatch,
    CrossCurrencyEntry,
    CurrencyMismatch,
    EntryIdReused,
    EntryTooLarge,
    InsufficientFunds,
    LedgerError,
    OneLeggedEntry,
    ReversalReversed,
    UnbalancedEntry,
    UnknownAccount,
    UnknownEntry,
    ZeroLeg,
)
from ledger.money import BIGINT_MAX, Money
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db
TABLES = ("account", "account_event", "balance", "entry", "posting", "hold", "hold_event")


@dataclass
class Books:
    """Alice has 10.00 EUR with 2.00 held, bob nothing, dollars none; something was posted and taken back."""

    alice: int
    bob: int
    dollars: int
    closed: int
    full: int
    hold: Any
    sent: EntryDraft
    undone: Any


@pytest.fixture
def books() -> Books:
    alice, bob, closed = wallet(minor=1_000), wallet(), wallet()
    services.close_account(account_id=closed.id, at=AT)
    full = wallet()
    post(wallet(floor_minor=None).id, full.id, BIGINT_MAX)
    sent = draft(alice.id, bob.id, 5)
    with db.transaction():
        services.post(sent)
        undone = services.reverse(entry_id=sent.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")
        hold = services.place_hold(
            hold_id=ids.uuid7(),
            account_id=alice.id,
            amount=Money(200, "EUR"),
            reason="TRANSFER",
            expires_at=None,
            at=AT,
        )
    return Books(
        alice.id, bob.id, wallet(currency="USD").id, closed.id, full.id, hold.id, sent, undone.entry_id
    )  # fmt: skip


def rows() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM ledger_{table})" for table in TABLES))
        return list(cursor.fetchone())


def legs(*parts: tuple[int, int, str]) -> tuple[Leg, ...]:
    return tuple(Leg(*part) for part in parts)


def of(books: Books, *parts: tuple[int, int, str]) -> EntryDraft:
    return draft(0, 0, 0, legs=legs(*parts))


def hold_more(books: Books) -> Any:
    return services.place_hold(
        hold_id=ids.uuid7(), account_id=books.alice, amount=Money(801, "EUR"), reason="TRANSFER", expires_at=None, at=AT
    )


def exchange(books: Books) -> EntryDraft:
    """A hundred euro cents of Alice for dollars, through the two position accounts."""
    euros, dollars = (platform_account_id("position.fx", currency) for currency in ("EUR", "USD"))
    return of(
        books, (books.alice, -100, "EUR"), (euros, 100, "EUR"), (dollars, -110, "USD"), (books.dollars, 110, "USD")
    )


def many_legs(books: Books, count: int) -> EntryDraft:
    return of(books, *[(books.bob, 1, "EUR")] * (count - 1), (clearing(), -(count - 1), "EUR"))


BAD: dict[str, tuple[type[LedgerError], Callable[[Books], Any]]] = {
    "unbalanced": (UnbalancedEntry, lambda b: of(b, (b.alice, -2, "EUR"), (b.bob, 1, "EUR"))),
    "one leg": (OneLeggedEntry, lambda b: of(b, (b.alice, -2, "EUR"))),
    "a leg of nothing": (ZeroLeg, lambda b: of(b, (b.alice, 0, "EUR"), (b.bob, 0, "EUR"))),
    "one currency for another": (
        CrossCurrencyEntry, lambda b: of(b, (b.alice, -2, "EUR"), (b.dollars, 2, "USD")),
    ),
    "the wrong currency for an account": (
        CurrencyMismatch, lambda b: of(b, (b.alice, -2, "USD"), (b.bob, 2, "USD")),
    ),
    "an unknown account": (UnknownAccount, lambda b: of(b, (b.alice, -2, "EUR"), (99_999_999, 2, "EUR"))),
    "a closed account": (AccountClosed, lambda b: of(b, (b.alice, -2, "EUR"), (b.closed, 2, "EUR"))),
    "past 2^63": (AmountOutOfRange, lambda b: of(b, (b.alice, -2, "EUR"), (b.full, 2, "EUR"))),
    "an amount past 2^63": (AmountOutOfRange, lambda b: of(b, (b.alice, -(2**63) - 1, "EUR"), (b.bob, 2**63, "EUR"))),
    "10,001 legs": (EntryTooLarge, lambda b: many_legs(b, LEGS_MAX + 1)),
    "the id of another entry": (EntryIdReused, lambda b: draft(b.alice, b.bob, 6, intent=b.sent.intent_id)),
    "more than there is": (InsufficientFunds, lambda b: draft(b.alice, b.bob, 801)),
    "a reversal of a reversal": (ReversalReversed, lambda b: draft(b.alice, b.bob, 5, reverses=b.undone)),
    "a reversal of nothing": (UnknownEntry, lambda b: draft(b.alice, b.bob, 5, reverses=ids.uuid7())),
}  # fmt: skip
VERBS: dict[str, Callable[[EntryDraft], Any]] = {
    "post": services.post,
    "post_many": lambda entry: services.post_many([entry]),
}
OTHERS: dict[str, tuple[type[LedgerError], Callable[[Books], Any]]] = {
    "a hold beyond what is available": (InsufficientFunds, hold_more),
    "a capture beyond the hold": (
        CaptureExceedsHold,
        lambda b: services.capture_hold(hold_id=b.hold, draft=draft(b.alice, b.bob, 201), at=AT),
    ),
    "many captures beyond the hold": (
        CaptureExceedsHold,
        lambda b: services.capture_many([Capture(b.hold, draft(b.alice, b.bob, 101)) for _ in range(2)], at=AT),
    ),
    "a capture of somebody else's hold": (
        CaptureMismatch,
        lambda b: services.capture_hold(hold_id=b.hold, draft=draft(clearing(), b.bob, 1), at=AT),
    ),
    "a capture in another currency than the hold's": (
        CurrencyMismatch,
        lambda b: services.capture_hold(hold_id=b.hold, draft=exchange(b), amount=Money(50, "USD"), at=AT),
    ),
    "many captures in another currency": (
        CurrencyMismatch,
        lambda b: services.capture_many([Capture(b.hold, exchange(b), Money(50, "USD"))], at=AT),
    ),
    "a release in another currency": (
        CurrencyMismatch,
        lambda b: services.release_hold(hold_id=b.hold, amount=Money(50, "USD"), at=AT),
    ),
    "reverse of a reversal": (
        ReversalReversed,
        lambda b: services.reverse(entry_id=b.undone, intent_id=ids.uuid7(), step="redo", at=AT, actor="staff:1"),
    ),
    "reverse of nothing": (
        UnknownEntry,
        lambda b: services.reverse(entry_id=ids.uuid7(), intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1"),
    ),
}


def refuses(books: Books, error: type[LedgerError], action: Callable[[], Any]) -> None:
    watched = (books.alice, books.bob, books.dollars, books.closed, books.full)
    before = rows(), amounts(*watched)
    with pytest.raises(LedgerError) as refused, db.transaction():
        action()
    assert type(refused.value) is error
    assert (rows(), amounts(*watched)) == before


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("what", BAD)
def test_no_entry_comes_of_it(books: Books, what: str, verb: str) -> None:
    error, make = BAD[what]
    refuses(books, error, lambda: VERBS[verb](make(books)))


@pytest.mark.parametrize("what", OTHERS)
def test_no_hold_comes_of_it(books: Books, what: str) -> None:
    error, act = OTHERS[what]
    refuses(books, error, lambda: act(books))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("count", [500, LEGS_MAX])
def test_many_legs_are_well(books: Books, verb: str, count: int) -> None:
    entry = many_legs(books, count)
    with db.transaction():
        VERBS[verb](entry)
        VERBS[verb](entry)
    assert amounts(books.bob) == [(count - 1, 0)]
    assert integrity.check(account_id=books.bob) == []


def test_currencies_are_exchanged_through_position_accounts(books: Books) -> None:
    with db.transaction():
        services.post(exchange(books))
    assert amounts(books.alice, books.dollars) == [(900, 200), (110, 0)]


def test_who_catches_a_refused_release_keeps_the_whole_hold(books: Books) -> None:
    with db.transaction(), pytest.raises(CurrencyMismatch):
        services.release_hold(hold_id=books.hold, amount=Money(50, "USD"), at=AT)
    assert amounts(books.alice) == [(1_000, 200)]


@pytest.mark.parametrize(("limit", "error"), [(-1.7, TypeError), ("-2", TypeError), (-(2**63) - 1, AmountOutOfRange)])
def test_limits_are_whole_minor_units(books: Books, limit: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        services.set_limits(account_id=books.bob, floor_minor=limit, ceiling_minor=None)
    with pytest.raises(error):
        services.set_limits(account_id=books.bob, floor_minor=None, ceiling_minor=limit)
