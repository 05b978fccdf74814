"""check_ledger finds a row that somebody changed behind our back (here the owner, without guards), and names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from ledger import integrity, services, tasks
from ledger.models import Check
from ledger.money import Money
from tests.factories.ledger import AT, clearing, draft, post, wallet
from wallet_project.lib import db, ids


@pytest.fixture(scope="module")
def books(clone_db: str) -> dict[str, int | str]:
    """Two people, some history, holds in every state."""
    alice, bob = wallet(minor=10_000), wallet()
    merchant = wallet(code="merchant", stripes=4)
    for _ in range(20):
        post(alice.id, merchant.id, 100)
    post(merchant.id, bob.id, 1900)
    entry = post(alice.id, bob.id, 500).entry_id
    with db.transaction():
        for no, amount in enumerate((100, 200, 300)):
            hold = services.place_hold(
                hold_id=ids.uuid7(),
                account_id=alice.id,
                amount=Money(amount, "EUR"),
                reason="TRANSFER",
                expires_at=None,
                at=AT,
            )
            if no == 1:
                services.capture_hold(hold_id=hold.id, draft=draft(alice.id, bob.id, 50), at=AT)
            if no == 2:
                services.release_hold(hold_id=hold.id, at=AT)
    return {"alice": alice.id, "bob": bob.id, "entry": str(entry)}


@pytest.fixture
def tampered(books: dict[str, int | str]) -> Iterator[Callable[[str], None]]:
    """Runs SQL as an owner without guards; undone after the test."""
    guards = "ALTER TABLE {table} {how} TRIGGER USER;"
    tables = ("ledger_entry", "ledger_posting", "ledger_hold")
    off, on = ("".join(guards.format(table=table, how=how) for table in tables) for how in ("DISABLE", "ENABLE"))
    with connections["owner"].cursor() as cursor:
        yield lambda sql: cursor.execute(f"{off}{sql};{on}")


def run() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out, stderr=out)
    except CommandError as wrong:
        return wrong.returncode, out.getvalue()
    return 0, out.getvalue()


class TestRightBooks:
    def test_are_right(self, books: dict[str, int | str]) -> None:
        code, said = run()
        assert code == 0, said
        assert said.endswith("The books are right.\n")
        assert "balances: 0 of " in said

    def test_one_account(self, books: dict[str, int | str]) -> None:
        assert integrity.check(account_id=int(books["alice"])) == []
        assert integrity.check(since=AT) == []


CHAIN_ENDS = """
UPDATE ledger_balance b SET head = p.hash FROM ledger_posting p
 WHERE p.account = b.account AND p.stripe = b.stripe AND p.seq = b.seq AND b.account = {alice}
"""
TAMPERING = {
    "an amount": (
        "UPDATE ledger_posting SET amount = amount + 1 WHERE entry = '{entry}' AND line = 1",
        "UPDATE ledger_posting SET amount = amount - 1 WHERE entry = '{entry}' AND line = 1",
        {"entry", "chain"},
    ),
    "both amounts": (
        "UPDATE ledger_posting SET amount = -amount WHERE entry = '{entry}'",
        "UPDATE ledger_posting SET amount = -amount WHERE entry = '{entry}'",
        {"entry", "chain"},
    ),
    "a balance": (
        "UPDATE ledger_balance SET posted = posted + 1 WHERE account = {alice}",
        "UPDATE ledger_balance SET posted = posted - 1 WHERE account = {alice}",
        {"balance"},
    ),
    "what is held": (
        "UPDATE ledger_balance SET held = held - 1 WHERE account = {alice}",
        "UPDATE ledger_balance SET held = held + 1 WHERE account = {alice}",
        {"balance"},
    ),
    "a hold": (
        "UPDATE ledger_hold SET captured = 51 WHERE account = {alice} AND captured = 50",
        "UPDATE ledger_hold SET captured = 50 WHERE account = {alice} AND captured = 51",
        {"hold", "balance"},
    ),
    "who did it": (
        "UPDATE ledger_entry SET actor = 'nobody' WHERE id = '{entry}'",
        "UPDATE ledger_entry SET actor = 'user:test' WHERE id = '{entry}'",
        {"chain"},
    ),
    "when it was": (
        "UPDATE ledger_posting SET created_at = created_at - interval '1 us' WHERE entry = '{entry}'",
        "UPDATE ledger_posting SET created_at = created_at + interval '1 us' WHERE entry = '{entry}'",
        {"chain"},
    ),
    "a head": ("UPDATE ledger_balance SET head = sha256(head) WHERE account = {alice}", CHAIN_ENDS, {"balance"}),
    "a gap": (
        "UPDATE ledger_posting SET seq = seq + 1000 WHERE entry = '{entry}' AND account = {alice}",
        "UPDATE ledger_posting SET seq = seq - 1000 WHERE entry = '{entry}' AND account = {alice}",
        {"chain", "balance"},
    ),
}


class TestWrongBooks:
    @pytest.mark.parametrize("what", TAMPERING)
    def test_are_found(
        self,
        books: dict[str, int | str],
        tampered: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
        what: str,
    ) -> None:
        change, undo, checks = TAMPERING[what]
        tampered(change.format(**books))
        try:
            found = integrity.check()
            code, said = run()
            monkeypatch.setattr(integrity, "ENTRIES_AT_ONCE", 1)
            assert sorted(map(repr, integrity.check())) == sorted(map(repr, found))
        finally:
            tampered(undo.format(**books))
        assert {problem.check for problem in found} == checks
        assert code == 1
        assert all(f"{problem.check}: {problem.where}: {problem.found}\n" in said for problem in found)
        touched = {str(books["entry"]), f"account {books['alice']} ", f"account {books['bob']} "}
        assert all(problem.check == "hold" or any(name in f"{problem.where} " for name in touched) for problem in found)
        assert integrity.check() == []

    def test_an_account_missing_from_the_chart_is_found(self, books: dict[str, int | str]) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
            cursor.execute("UPDATE ledger_account SET code = 'odd' WHERE id = %s", [clearing("KWD")])
            found = integrity.check()
            cursor.execute("UPDATE ledger_account SET code = 'clearing.stripe' WHERE id = %s", [clearing("KWD")])
            cursor.execute("ALTER TABLE ledger_account ENABLE TRIGGER USER")
        assert [(problem.check, problem.where) for problem in found] == [
            ("chart", "clearing.stripe KWD"),
            ("account", f"account {clearing('KWD')}"),
        ]


def test_a_moment_that_is_none(books: dict[str, int | str]) -> None:
    with pytest.raises(CommandError):
        call_command("check_ledger", since="yesterday")


def test_the_nightly_check_keeps_what_it_found(books: dict[str, int | str], tampered: Callable[[str], None]) -> None:
    assert tasks.check_books() == integrity.postings_count() > 0
    last = Check.objects.order_by("-no")[0]
    assert (last.wrong, last.postings) == ([], integrity.postings_count())
    tampered("UPDATE ledger_entry SET actor = 'nobody' WHERE id = '{entry}'".format(**books))
    try:
        with pytest.raises(tasks.BooksAreWrong, match="2 wrong rows, the first: chain: account"):
            tasks.check_books()
    finally:
        tampered("UPDATE ledger_entry SET actor = 'user:test' WHERE id = '{entry}'".format(**books))
    found = Check.objects.order_by("-no")[0]
    assert found.no == last.no + 1
    assert [row[0] for row in found.wrong] == ["chain", "chain"]
    assert tasks.check_books() > 0
    whole = Check.objects.order_by("-no")[0]
    assert whole.since is None  # after a fault everything is looked at
    assert tasks.check_books() > 0
    assert Check.objects.order_by("-no")[0].since == whole.begun_at - timedelta(hours=1)


def test_since_trusts_what_was_before(books: dict[str, int | str], tampered: Callable[[str], None]) -> None:
    tampered("UPDATE ledger_entry SET actor = 'nobody' WHERE id = '{entry}'".format(**books))
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone()
        assert integrity.check(since=now) == []
        post(int(books["alice"]), int(books["bob"]), 1)
        assert integrity.check(since=now) == []
        assert {problem.check for problem in integrity.check()} == {"chain"}
        tampered(f"UPDATE ledger_balance SET posted = posted + 1 WHERE account = {books['bob']}")
        assert {problem.check for problem in integrity.check(since=now)} == {"balance"}
    finally:
        tampered("UPDATE ledger_entry SET actor = 'user:test' WHERE id = '{entry}'".format(**books))
        tampered(f"UPDATE ledger_balance SET posted = posted - 1 WHERE account = {books['bob']}")
    assert integrity.check() == []
