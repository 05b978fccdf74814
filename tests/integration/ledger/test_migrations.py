"""The SQL to read is the SQL that runs, and a database with money in it goes back and forth between versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connections

from ledger import integrity, selectors, services
from ledger.money import Money
from tests.factories.ledger import AT, amounts, draft, wallet
from wallet_project.lib import db, ids

ROOT = Path(__file__).resolve().parents[3]
FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (ledger_\w+)\(.*?AS \$\$(.*?)\$\$;", re.DOTALL)
TRIGGER = re.compile(r"CREATE TRIGGER (ledger_\w+)")
CONSTRAINT = re.compile(r"CONSTRAINT (ledger_\w+)")
INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX (ledger_\w+)")


def written() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "ledger" / "sql").glob("*.sql")))


def names(sql: str) -> set[str]:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
class TestWhatIsWritten:
    def test_every_function_is_the_one_that_runs(self) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND proname LIKE 'ledger\\_%' AND prokind = 'f'"
            )
            running = dict(cursor.fetchall())
        readable = dict(FUNCTION.findall(written()))
        assert set(readable) == set(running)
        assert [name for name in readable if readable[name].strip() != running[name].strip()] == []

    def test_every_trigger_index_and_constraint_is_there(self) -> None:
        text = written()
        assert set(TRIGGER.findall(text)) == names("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'ledger\\_%'")
        constraints = set(CONSTRAINT.findall(text))
        assert constraints == names(
            "SELECT conname FROM pg_constraint WHERE conname LIKE 'ledger\\_%' AND contype IN ('c', 'p', 'u', 'f')"
        )
        indexes = names("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ledger\\_%'")
        assert set(INDEX.findall(text)) == indexes - constraints


@pytest.fixture(scope="module")
def filled(clone_db: str) -> Iterator[tuple[int, int]]:
    """Two people with some history, and holds in each state, stripes, a closed account, a frozen one, something
    taken back."""
    alice, bob, merchant = wallet(minor=1_000), wallet(), wallet(code="merchant", stripes=4)
    with db.transaction():
        sent = services.post_many([draft(alice.id, bob.id, 100) for _ in range(3)])
        services.reverse(entry_id=sent[0].entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1")
        services.post(draft(alice.id, bob.id, 100, details={"b": [1, "é"], "a": None}))
        services.post_many([draft(bob.id, merchant.id, 1), draft(merchant.id, bob.id, 1)])
        kept, captured, released, lapsed = (hold_of(bob.id) for _ in range(4))
        services.capture_hold(hold_id=captured, draft=draft(bob.id, alice.id, 50), at=AT)
        services.post(draft(alice.id, bob.id, 50))
        services.release_hold(hold_id=released, at=AT)
        services.extend_hold(hold_id=kept, expires_at=AT + timedelta(days=2), at=AT)
        services.expire_holds(at=AT + timedelta(days=1))
    services.close_account(account_id=wallet().id, at=AT)
    services.freeze(account_id=merchant.id, debit=True, credit=False, at=AT)
    services.set_limits(account_id=alice.id, floor_minor=0, ceiling_minor=5_000)
    assert selectors.hold(lapsed).state == "EXPIRED"
    yield alice.id, bob.id
    call_command("migrate", "ledger", interactive=False, verbosity=0)


def hold_of(account_id: int) -> UUID:
    return services.place_hold(
        hold_id=ids.uuid7(), account_id=account_id, amount=Money(50, "EUR"), reason="TRANSFER",
        expires_at=AT + timedelta(hours=1), at=AT,
    ).id  # fmt: skip


def test_a_filled_database_goes_back_to_the_first_version_and_forth_again(filled: tuple[int, int]) -> None:
    call_command("migrate", "ledger", "0001", interactive=False, verbosity=0)
    with db.transaction():
        services.post(draft(*filled, 1))
    call_command("migrate", "ledger", interactive=False, verbosity=0)
    with db.transaction():
        services.post_many([draft(*filled, 2)])
    assert amounts(*filled) == [(697, 0), (303, 50)]
    assert integrity.check() == []


def test_so_does_one_with_checkpoints_since_there_are_any(filled: tuple[int, int]) -> None:
    services.sign_checkpoint(at=AT)
    services.check_books(at=AT)
    call_command("migrate", "ledger", "0003", interactive=False, verbosity=0)
    services.sign_checkpoint(at=AT)
    call_command("migrate", "ledger", interactive=False, verbosity=0)
    assert [signed.no for signed in selectors.checkpoints()] == [1, 2]
    assert integrity.check() == []


def test_and_what_was_signed_outlives_the_way_to_the_first_version(filled: tuple[int, int]) -> None:
    services.sign_checkpoint(at=AT)
    before = selectors.checkpoints()
    call_command("migrate", "ledger", "0001", interactive=False, verbosity=0)
    call_command("migrate", "ledger", interactive=False, verbosity=0)
    services.sign_checkpoint(at=AT)
    assert selectors.checkpoints()[:-1] == before
    assert integrity.check() == []
