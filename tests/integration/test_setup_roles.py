"""Each role may do what its work needs, from the first table on, also on a database an operator prepared."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg import sql

from tests import databases
from wallet_project.local.postgres import APP, OWNER, READONLY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def empty(clone_db: str) -> Iterator[str]:
    """A database with roles and one table, as after the very first migration."""
    name = databases.empty()
    with databases.aimed_at(name):
        call_command("setup_roles")
        with connections["owner"].cursor() as cursor:
            cursor.execute("CREATE TABLE thing (n integer)")
            cursor.execute("CREATE FUNCTION double(n integer) RETURNS integer LANGUAGE sql RETURN n * 2")
        yield name
    databases.drop(name)


def may(role: str, table: str = "thing") -> set[str]:
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
    with connections["owner"].cursor() as cursor:
        held = []
        for right in rights:
            cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right])
            held.append(cursor.fetchone()[0])
    return {right for right, has in zip(rights, held, strict=True) if has}


def ask(query: str, *values: object) -> object:
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]


class TestRights:
    def test_the_app_role_works_with_rows_and_cannot_empty_a_table(self) -> None:
        assert may(APP) == {"SELECT", "INSERT", "UPDATE", "DELETE"}

    def test_the_readonly_role_reads(self) -> None:
        assert may(READONLY) == {"SELECT"}

    def test_functions_are_for_the_app_role_alone(self) -> None:
        assert ask("SELECT has_function_privilege(%s, 'double(integer)', 'EXECUTE')", APP)
        assert not ask("SELECT has_function_privilege(%s, 'double(integer)', 'EXECUTE')", READONLY)

    def test_nobody_else_gets_in(self) -> None:
        assert not ask("SELECT has_database_privilege('public', current_database(), 'CONNECT')")
        assert not ask("SELECT has_schema_privilege('public', 'public', 'USAGE')")

    @pytest.mark.parametrize("role", [APP, READONLY])
    def test_neither_has_power(self, role: str) -> None:
        powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
        assert ask(f"SELECT {powers} FROM pg_roles WHERE rolname = %s", role) is False  # our own words
        assert not ask("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role)
        assert not ask("SELECT pg_has_role(%s, %s, 'MEMBER')", role, OWNER)

    def test_a_second_time_changes_nothing(self) -> None:
        call_command("setup_roles")
        assert may(APP) == {"SELECT", "INSERT", "UPDATE", "DELETE"}


@contextmanager
def addressed(url: str) -> Iterator[None]:
    """DATABASE_URL as an operator wrote it, and put back before the clone goes."""
    before = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before


class TestLogins:
    def test_an_operators_own_name_becomes_a_member(self) -> None:
        login, word = f"teller_{secrets.token_hex(4)}", secrets.token_urlsafe(16)
        url = f"postgresql://{login}:{word}@{os.environ['DATABASE_URL'].partition('@')[2]}"
        with addressed(url):
            call_command("setup_roles")
        try:
            with psycopg.connect(url, autocommit=True) as teller:
                teller.execute("INSERT INTO thing VALUES (double(2))")
                assert teller.execute("SELECT n, current_setting('TimeZone') FROM thing").fetchone() == (4, "UTC")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    teller.execute("TRUNCATE thing")
        finally:
            with connections["owner"].cursor() as cursor:
                cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))

    def test_the_owner_is_refused_as_the_app_role(self) -> None:
        refused = pytest.raises(CommandError, match="uses the owner's role: give web and workers a role of their own")
        with addressed(os.environ["DATABASE_OWNER_URL"]), refused:
            call_command("setup_roles")
