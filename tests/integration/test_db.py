"""The words of lib/db.py, on a real PostgreSQL: with and without the transaction that wraps a test."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, connections

from wallet_project.lib import db


def rows() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM db_words ORDER BY n")
        return [row[0] for row in cursor.fetchall()]


def insert(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO db_words (n) VALUES (%s)", [number])


@pytest.fixture(autouse=True)
def table(clone_db: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS db_words (n integer PRIMARY KEY)")
        cursor.execute("DELETE FROM db_words")


class TestTransaction:
    def test_commits_at_its_end(self) -> None:
        with db.transaction():
            insert(1)
            assert db.in_transaction()
        connection.close()
        assert rows() == [1]

    def test_an_error_undoes_it(self) -> None:
        with pytest.raises(ZeroDivisionError), db.transaction():
            insert(1)
            raise ZeroDivisionError
        assert rows() == []

    def test_refuses_to_be_nested(self) -> None:
        with db.transaction():
            insert(1)
            with pytest.raises(db.AlreadyInTransaction), db.transaction():
                insert(2)
        assert rows() == [1]

    def test_decorates_a_function(self) -> None:
        @db.transaction()
        def verb() -> bool:
            insert(1)
            return db.in_transaction()

        assert [verb()] == [True]
        assert rows() == [1]


class TestTransactionIfNotAlready:
    def test_opens_one_alone(self) -> None:
        with db.transaction_if_not_already():
            insert(1)
            assert db.in_transaction()
        connection.close()
        assert rows() == [1]

    def test_joins_the_open_one(self) -> None:
        with pytest.raises(ZeroDivisionError), db.transaction():
            with db.transaction_if_not_already():
                insert(1)
            raise ZeroDivisionError
        assert rows() == []

    def test_an_error_caught_outside_it_spoils_the_whole(self) -> None:
        def swallow() -> None:
            try:
                with db.transaction_if_not_already():
                    insert(1)
                    raise ZeroDivisionError
            except ZeroDivisionError:
                return

        with pytest.raises(DatabaseError), db.transaction():
            swallow()
            insert(2)
        assert rows() == []


class TestSavepoint:
    def test_can_fail_alone(self) -> None:
        with db.transaction():
            insert(1)
            with pytest.raises(DatabaseError), db.savepoint():
                insert(1)
            insert(2)
        assert rows() == [1, 2]

    def test_needs_a_transaction(self) -> None:
        with pytest.raises(db.NotInTransaction), db.savepoint():
            insert(1)


class TestGuards:
    def test_required_outside_and_inside(self) -> None:
        with pytest.raises(db.NotInTransaction):
            db.transaction_required()
        with db.transaction():
            db.transaction_required()

    def test_refused_inside_and_not_outside(self) -> None:
        db.refuse_in_transaction()
        with db.transaction(), pytest.raises(db.AlreadyInTransaction):
            db.refuse_in_transaction()

    def test_after_commit_waits_for_the_commit(self) -> None:
        told: list[str] = []
        with db.transaction():
            db.after_commit(lambda: told.append("once"))
            assert told == []
        assert told == ["once"]

    def test_after_commit_is_forgotten_with_the_transaction(self) -> None:
        told: list[str] = []
        with pytest.raises(ZeroDivisionError), db.transaction():
            db.after_commit(lambda: told.append("never"))
            raise ZeroDivisionError
        assert told == []

    def test_after_commit_needs_a_transaction(self) -> None:
        with pytest.raises(db.NotInTransaction):
            db.after_commit(lambda: None)


class TestRoles:
    def test_the_app_role_makes_no_tables(self) -> None:
        with pytest.raises(DatabaseError, match="permission denied for schema public"), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE mine (n integer)")

    def test_the_app_role_empties_no_tables(self) -> None:
        with pytest.raises(DatabaseError, match="permission denied for table db_words"), connection.cursor() as cursor:
            cursor.execute("TRUNCATE db_words")

    def test_no_request_waits_for_ever(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
            assert cursor.fetchone() == ("30s", "10s")

    def test_another_thread_sees_the_same_clone(self, clone_db: str) -> None:
        seen: list[str] = []

        def look() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_database()")
                seen.extend(cursor.fetchone())
            connection.close()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert seen == [clone_db]
