"""The six rules of outgrowing one machine, read from the database's own catalogue."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

LEDGER = "c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\\_%%'"


def ask(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return cursor.fetchall()


def test_the_tables_are_these() -> None:
    rows = ask(f"SELECT c.relname FROM pg_class c WHERE {LEDGER} AND c.relkind = 'r' ORDER BY 1")
    assert [name for (name,) in rows] == [
        "ledger_account",
        "ledger_account_event",
        "ledger_balance",
        "ledger_check",
        "ledger_checkpoint",
        "ledger_entry",
        "ledger_hold",
        "ledger_hold_event",
        "ledger_posting",
    ]


def test_book_is_first_in_every_index_and_never_null() -> None:
    rows = ask(
        "SELECT c.relname, i.indexrelid::regclass::text, a.attname"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        f" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE {LEDGER}"
    )
    assert len(rows) >= 12
    assert [row for row in rows if row[2] != "book"] == []
    books = ask(
        "SELECT c.relname, a.attnotnull, a.atttypid::regtype::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'book'"
        f" JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE {LEDGER} AND c.relkind = 'r'"
    )
    assert len(books) == 9
    assert {row[1:] for row in books} == {(True, "integer", "1")}


def test_book_is_the_first_parameter_of_every_function_the_application_calls() -> None:
    rows = ask(
        "SELECT p.proname, p.proargnames[1], p.proargtypes[0]::regtype::text FROM pg_proc p"
        " WHERE p.proname LIKE 'ledger\\_%%' AND p.pronargs > 0"
        "   AND has_function_privilege('wallet_app', p.oid, 'EXECUTE')"
    )
    pure = {
        "ledger_link",
        "ledger_seal",
        "ledger_canonical",
        "ledger_request_hash",
        "ledger_account_seal",
        "ledger_account_link",
        "ledger_hold_seal",
        "ledger_hold_body",
    }  # they hash their arguments and read no row
    assert {row[0] for row in rows} > pure
    assert [
        row for row in rows if row[0] not in pure and row[1:] not in {("p_book", "integer"), ("book", "integer")}
    ] == []


def test_no_foreign_key_crosses_to_another_app() -> None:
    rows = ask(
        "SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text FROM pg_constraint k"
        " WHERE k.contype = 'f' AND (k.conrelid::regclass::text LIKE 'ledger\\_%%') <>"
        "                           (k.confrelid::regclass::text LIKE 'ledger\\_%%')"
    )
    assert rows == []


def test_every_constraint_was_named_by_us() -> None:
    rows = ask(
        f"SELECT k.conname, c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {LEDGER}"
        " AND k.contype IN ('c', 'u', 'p', 'f')"
    )
    endings = ("_pkey", "_key", "_fkey", "_check")
    assert len(rows) >= 20
    assert [
        name for name, table in rows if not str(name).startswith(f"{table}_") or not str(name).endswith(endings)
    ] == []
    assert [name for name, _ in rows if str(name)[-1].isdigit()] == []


def test_entries_and_postings_have_no_sequence_and_there_is_no_extension() -> None:
    assert ask("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'") == []
    rows = ask(f"SELECT c.relname FROM pg_class c WHERE {LEDGER} AND c.relkind = 'S'")
    assert rows == [("ledger_account_number",)]


def test_hot_rows_have_room() -> None:
    assert ask("SELECT reloptions FROM pg_class WHERE relname = 'ledger_balance'") == [(["fillfactor=50"],)]


def test_money_is_bigint() -> None:
    rows = ask(
        "SELECT c.relname, a.attname, a.atttypid::regtype::text"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        f" WHERE {LEDGER} AND c.relkind = 'r' AND a.attnum > 0"
        "   AND a.attname IN ('amount', 'posted', 'held', 'floor', 'ceiling', 'posted_after', 'held_after',"
        "                     'captured', 'released')"
    )
    assert len(rows) == 13
    assert {row[2] for row in rows} == {"bigint"}
    assert (
        ask(
            "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            f" WHERE {LEDGER} AND a.atttypid IN ('float4'::regtype, 'float8'::regtype)"
        )
        == []
    )
