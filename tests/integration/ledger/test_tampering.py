"""Every column of every ledger table, changed by a superuser without guards: check_ledger names the row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from ledger import integrity, services
from ledger.money import Money
from tests.factories.ledger import AT, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.usefixtures("clone_db")


@dataclass(frozen=True)
class Row:
    """One row to tamper with: where it is, and the words that must name it in the report."""

    where: str
    named: tuple[str, ...]


# How a value is changed, by type; where a constraint would notice, by column.
CHANGES = {
    "integer": "{c} + 1",
    "smallint": "{c} + 1",
    "bigint": "coalesce({c}, 5) + 1",
    "text": "{c} || 'x'",
    "uuid": "gen_random_uuid()",
    "bytea": "sha256({c})",
    "jsonb": "{c} || '{{\"x\": 1}}'",
    "xid8": "({c}::text::bigint + 1)::text::xid8",
    "timestamp with time zone": "coalesce({c}, now()) + interval '1 microsecond'",
}
SPECIAL = {
    ("ledger_account", "id"): "id + 500000",
    ("ledger_account", "kind"): "'asset'",
    ("ledger_account", "currency"): "'USD'",
    ("ledger_account", "stripes"): "2",
    ("ledger_account", "book"): "9",
    ("ledger_balance", "book"): "9",
    ("ledger_balance", "account"): "account + 7000",
    ("ledger_balance", "stripe"): "9",
    ("ledger_balance", "id"): "id + 1",
    ("ledger_balance", "flags"): "1",
    ("ledger_balance", "held"): "held - 1",
    ("ledger_balance", "floor"): "-7",
    ("ledger_balance", "ceiling"): "1000000",
    (
        "ledger_entry",
        "reverses",
    ): "(SELECT e.id FROM ledger_entry e WHERE e.id <> ledger_entry.id AND e.reverses IS NULL LIMIT 1)",
    ("ledger_posting", "currency"): "'USD'",
    ("ledger_posting", "account"): "account + 7000",
    ("ledger_posting", "line"): "line + 7",
    ("ledger_posting", "seq"): "seq + 5",
    ("ledger_hold", "state"): "'RELEASED'",
    ("ledger_hold", "account"): "account + 1",
    ("ledger_hold_event", "kind"): "'RELEASED'",
    ("ledger_account_event", "kind"): "'LIMITED'",
    ("ledger_account_event", "account"): "account + 500000",
    ("ledger_checkpoint", "no"): "no + 50",
    ("ledger_checkpoint", "previous_root"): "sha256(root)",
}
# The rows of check_ledger's own results are no promise of the ledger: whoever doubts them runs it again.
TABLES = (
    "ledger_account",
    "ledger_account_event",
    "ledger_balance",
    "ledger_checkpoint",
    "ledger_entry",
    "ledger_hold",
    "ledger_hold_event",
    "ledger_posting",
)


@pytest.fixture(scope="module")
def rows(clone_db: str) -> dict[str, Row]:
    """History with something in every table, two checkpoints over it."""
    alice, bob = wallet(minor=10_000, ceiling_minor=900_000), wallet()
    services.freeze(account_id=bob.id, debit=True, credit=False, at=AT)
    services.unfreeze(account_id=bob.id, at=AT)
    services.sign_checkpoint(at=AT)
    entry = post(alice.id, bob.id, 500, reference="trf_1", details={"b": [1, "é\n"], "a": {"x": None}}).entry_id
    with db.transaction():
        hold = services.place_hold(
            hold_id=ids.uuid7(),
            account_id=alice.id,
            amount=Money(200, "EUR"),
            reason="TRANSFER",
            expires_at=None,
            at=AT,
        )
        services.capture_hold(hold_id=hold.id, draft=draft(alice.id, bob.id, 50), at=AT)
    post(alice.id, bob.id, 1)
    services.sign_checkpoint(at=AT)
    account, posting = f"account {alice.id}", f"entry = '{entry}' AND line = 1"
    return {
        "ledger_account": Row(f"id = {alice.id}", (account,)),
        "ledger_account_event": Row(f"account = {alice.id} AND no = 1", (account,)),
        "ledger_balance": Row(f"account = {alice.id}", (account,)),
        "ledger_checkpoint": Row("no = 1", ("checkpoint 1", "checkpoint 2", "checkpoint 51")),
        "ledger_entry": Row(f"id = '{entry}'", (str(entry), f"{account} stripe 0 seq 2")),
        "ledger_hold": Row(f"id = '{hold.id}'", (str(hold.id),)),
        "ledger_hold_event": Row(f"hold = '{hold.id}' AND no = 2", (str(hold.id),)),
        "ledger_posting": Row(posting, (str(entry), f"{account} stripe 0 seq 2", f"{account} stripe 0 seq 3")),
    }


@pytest.fixture
def superuser(clone_db: str) -> Iterator[psycopg.Connection]:
    """The owner with every trigger of the ledger off and every constraint but keys gone; all of it rolled back."""
    owner = connections["owner"]
    owner.ensure_connection()
    owner.set_autocommit(False)
    connection: psycopg.Connection = owner.connection
    for table in TABLES:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE conname LIKE 'ledger\\_%' AND contype IN ('c', 'f')"
    ).fetchall()
    for table, name in constraints:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield connection
    owner.rollback()
    owner.set_autocommit(True)


def columns() -> list[tuple[str, str]]:
    """From the readable tables, so that a new column needs no new line here."""
    from tests.integration.ledger.test_migrations import ROOT

    found, table = [], ""
    for line in (ROOT / "ledger" / "sql" / "tables.sql").read_text().splitlines():
        words = line.split()
        if line.startswith("CREATE TABLE"):
            table = words[2]
        elif line.startswith("    ") and words[0] != "CONSTRAINT" and words[0].islower() and table in TABLES:
            found.append((table, words[0]))
    return found


def found_by(connection: psycopg.Connection) -> list[integrity.Problem]:
    """check_ledger as this very session sees the rows."""
    default = connections["default"]
    default.ensure_connection()
    own, default.connection = default.connection, connection
    try:
        return integrity.check()
    finally:
        default.connection = own


@pytest.mark.parametrize(("table", "column"), columns())
def test_a_changed_column_is_found(
    rows: dict[str, Row], superuser: psycopg.Connection, table: str, column: str
) -> None:
    row = rows[table]
    kind = superuser.execute(
        "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
        [table, column],
    ).fetchone()
    assert kind is not None
    change = SPECIAL.get((table, column)) or CHANGES[kind[0]].format(c=column)
    changed = superuser.execute(f"UPDATE {table} SET {column} = {change} WHERE {row.where}").rowcount
    assert changed == 1
    problems = found_by(superuser)
    assert [p for p in problems if any(f"{name} " in f"{p.where} " for name in row.named)], problems


@pytest.mark.parametrize("table", TABLES)
def test_a_lost_row_is_found(rows: dict[str, Row], superuser: psycopg.Connection, table: str) -> None:
    row = rows[table]
    assert superuser.execute(f"DELETE FROM {table} WHERE {row.where}").rowcount == 1
    problems = found_by(superuser)
    assert [p for p in problems if any(name in p.where for name in row.named)], problems


def test_an_invented_entry_is_found(rows: dict[str, Row], superuser: psycopg.Connection) -> None:
    """Balanced, in place, with balances to match: but nobody could compute its links without rewriting the chain."""
    entry, alice, bank = uuid4(), int(rows["ledger_account"].where.split()[-1]), clearing()
    superuser.execute(
        "INSERT INTO ledger_entry (book, id, effective_at, kind, actor, request_hash)"
        " VALUES (1, %s, now(), 'gift', 'x', sha256('x'))",
        [entry],
    )
    for line, account, amount in ((1, alice, 100), (2, bank, -100)):
        superuser.execute(
            "UPDATE ledger_balance SET posted = posted + %s, seq = seq + 1, last_at = now()"
            " WHERE account = %s AND stripe = 0",
            [amount, account],
        )
        superuser.execute(
            "INSERT INTO ledger_posting"
            " SELECT 1, 0, %s, account, seq, %s, %s, posted, held, now(), last_at, 'EUR', head"
            " FROM ledger_balance WHERE account = %s AND stripe = 0",
            [line, entry, amount, account],
        )
    problems = found_by(superuser)
    assert str(entry) in {p.where for p in problems if p.check == "entry"}
    assert f"account {alice} stripe 0 seq 5" in {p.where for p in problems if p.check == "chain"}


def test_afterwards_the_books_are_right(rows: dict[str, Row]) -> None:
    assert integrity.check() == []
