"""What the database refuses whoever asks: the application's role, a careless owner, a wrong entry."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connections

from tests import databases
from tests.factories.ledger import AT, post, wallet
from wallet_project.lib import ids

TABLES = (
    "ledger_account",
    "ledger_account_event",
    "ledger_balance",
    "ledger_check",
    "ledger_checkpoint",
    "ledger_entry",
    "ledger_hold",
    "ledger_hold_event",
    "ledger_posting",
)
APPEND_ONLY = (
    "ledger_account_event",
    "ledger_check",
    "ledger_checkpoint",
    "ledger_entry",
    "ledger_hold_event",
    "ledger_posting",
)
WRITES = (
    "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE {table} SET book = 1",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
)


def run(sql: str, *, using: str = "default") -> list[tuple[object, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def refusal_of(sql: str, *, using: str, error: type[DatabaseError]) -> str:
    """The SQLSTATE; the transaction of the test goes on."""
    from django.db import transaction

    with pytest.raises(error) as refused, transaction.atomic(using=using):
        run(sql, using=using)
    return str(refused.value.__cause__.sqlstate)  # type: ignore[union-attr]


@pytest.mark.django_db
class TestAppRole:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("write", WRITES, ids=lambda write: write.split()[0])
    def test_writes_no_ledger_row_itself(self, table: str, write: str) -> None:
        assert run("SELECT current_user") == [("wallet_app",)]
        assert refusal_of(write.format(table=table), using="default", error=ProgrammingError) == "42501"

    @pytest.mark.parametrize("table", TABLES)
    def test_reads(self, table: str) -> None:
        run(f"SELECT count(*) FROM {table}")

    @pytest.mark.parametrize(
        "call",
        [
            "ledger_move(1, 1, 0, 1, 1, 'EUR', gen_random_uuid(), ''::bytea, now())",
            "ledger_lapse(1, 1, now())",
            "ledger_lock_account(1, 1)",
            "ledger_sweep(1, 1, 'EUR', gen_random_uuid(), ''::bytea, now(), 1)",
            "nextval('ledger_account_number')",
        ],
    )
    def test_calls_no_inner_function(self, call: str) -> None:
        assert refusal_of(f"SELECT {call}", using="default", error=ProgrammingError) == "42501"

    def test_cannot_lead_a_function_astray(self) -> None:
        """A temporary table of the same name is not what the functions write to."""
        alice, bob = wallet(minor=500), wallet()
        run("CREATE TEMPORARY TABLE ledger_balance (LIKE public.ledger_balance) ON COMMIT DROP")
        post(alice.id, bob.id, 200)
        assert run(f"SELECT posted FROM public.ledger_balance WHERE account = {alice.id}") == [(300,)]
        assert run("SELECT count(*) FROM pg_temp.ledger_balance") == [(0,)]


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """The role of reports, on the database of this test."""
    url = databases.at(os.environ["DATABASE_READONLY_URL"], connections["default"].settings_dict["NAME"])
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.django_db
class TestReadOnlyRole:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("write", WRITES, ids=lambda write: write.split()[0])
    def test_writes_nothing(self, reader: psycopg.Connection, table: str, write: str) -> None:
        assert reader.execute("SELECT current_user").fetchone() == ("wallet_readonly",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(write.format(table=table))

    def test_reads_every_table_and_calls_nothing_that_writes(self, reader: psycopg.Connection) -> None:
        for table in TABLES:
            reader.execute(f"SELECT count(*) FROM {table}")
        rows = reader.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.proname LIKE 'ledger\\_%' AND (p.provolatile = 'v' OR p.prosecdef)"
            " AND has_function_privilege(p.oid, 'EXECUTE')"
        ).fetchall()
        assert rows == []


@pytest.mark.django_db(databases=["default", "owner"])
class TestOwner:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("write", WRITES[1:], ids=lambda write: write.split()[0])
    def test_cannot_change_what_was_recorded(self, table: str, write: str) -> None:
        assert refusal_of(write.format(table=table), using="owner", error=DatabaseError) == "WL014"

    @pytest.mark.parametrize("table", ["ledger_account", "ledger_balance", "ledger_hold"])
    @pytest.mark.parametrize("write", WRITES[2:], ids=lambda write: write.split()[0])
    def test_cannot_lose_rows(self, table: str, write: str) -> None:
        sql = write.format(table=table) + (" CASCADE" if write.startswith("TRUNCATE") else "")
        assert refusal_of(sql, using="owner", error=DatabaseError) == "WL014"

    def test_cannot_change_an_account(self) -> None:
        sql = "UPDATE ledger_account SET owner_id = gen_random_uuid() WHERE id = (SELECT min(id) FROM ledger_account)"
        assert refusal_of(sql, using="owner", error=DatabaseError) == "WL014"

    @pytest.mark.parametrize("amounts", [(5, -4), (5, 5), (2**62, 2**62)])
    def test_cannot_add_an_unbalanced_entry(self, amounts: tuple[int, int]) -> None:
        rows = ", ".join(
            f"(1, 0, {line}, {line}, 1, '{ids.uuid7()}', {amount}, 0, 0, now(), now(), 'EUR', '')"
            for line, amount in enumerate(amounts, start=1)
        )
        assert refusal_of(f"INSERT INTO ledger_posting VALUES {rows}", using="owner", error=DatabaseError) == "WL008"

    def test_cannot_balance_one_currency_with_another(self) -> None:
        entry = ids.uuid7()
        rows = ", ".join(
            f"(1, 0, {line}, {line}, 1, '{entry}', {amount}, 0, 0, now(), now(), '{currency}', '')"
            for line, amount, currency in ((1, 5, "EUR"), (2, -5, "USD"))
        )
        assert refusal_of(f"INSERT INTO ledger_posting VALUES {rows}", using="owner", error=DatabaseError) == "WL008"

    @pytest.mark.parametrize(("books", "entries"), [((1, 1), 2), ((1, 2), 1)])
    def test_cannot_balance_one_entry_with_another(self, books: tuple[int, int], entries: int) -> None:
        """The sum over the whole statement is zero."""
        names = [ids.uuid7() for _ in range(entries)] * 2
        rows = ", ".join(
            f"({book}, 0, {line}, {line}, 1, '{entry}', {amount}, 0, 0, now(), now(), 'EUR', '')"
            for line, amount, book, entry in zip((1, 2), (5, -5), books, names, strict=False)
        )
        assert refusal_of(f"INSERT INTO ledger_posting VALUES {rows}", using="owner", error=DatabaseError) == "WL008"

    def test_cannot_add_one_entry_that_does_not_add_up(self) -> None:
        entry = ids.uuid7()
        rows = ", ".join(
            f"(1, 0, {line}, {line}, 1, '{entry}', {amount}, 0, 0, now(), now(), 'EUR', '')"
            for line, amount in ((1, 5), (2, -4))
        )
        assert refusal_of(f"INSERT INTO ledger_posting VALUES {rows}", using="owner", error=DatabaseError) == "WL008"

    @pytest.mark.parametrize(
        "change",
        ["posted = -1", "held = 1", "held = -1", "posted = 101, ceiling = 100", "floor = 1", "flags = 8", "id = 5"],
    )
    def test_cannot_set_an_impossible_balance(self, change: str) -> None:
        sql = (
            "INSERT INTO ledger_account (book, id, public_id, owner_kind, owner_id, code, kind, currency, opened_at)"
            " VALUES (7, 1, gen_random_uuid(), 'person', gen_random_uuid(), 'wallet', 'liability', 'EUR', now());"
            "INSERT INTO ledger_balance (book, account, id, floor, last_at, head) VALUES (7, 1, 64, 0, now(), '');"
            f"UPDATE ledger_balance SET {change} WHERE book = 7"
        )
        assert refusal_of(sql, using="owner", error=IntegrityError) == "23514"


@pytest.mark.django_db
def test_the_functions_run_as_the_owner_with_a_pinned_path() -> None:
    rows = run("SELECT proname, proconfig::text FROM pg_proc WHERE proname LIKE 'ledger\\_%%' AND prosecdef ORDER BY 1")
    assert [name for name, _ in rows] == [
        "ledger_checkpoint_add",
        "ledger_close_account",
        "ledger_hold_expire",
        "ledger_hold_extend",
        "ledger_hold_open",
        "ledger_hold_release",
        "ledger_note_check",
        "ledger_open_account",
        "ledger_post",
        "ledger_post_and_hold",
        "ledger_post_many",
        "ledger_set_flags",
        "ledger_set_limits",
    ]
    assert all("search_path=pg_catalog, public, pg_temp" in str(config) for _, config in rows)
    assert all("plan_cache_mode=force_generic_plan" in str(config) for _, config in rows)
    assert AT.tzinfo is not None
