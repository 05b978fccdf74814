"""One statement to the ledger's SQL functions, and its refusals as our errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection

from ledger import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def fetch_all(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Runs one statement and returns its rows. A refusal comes out as a LedgerError; the transaction is then spoilt."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    except DatabaseError as failure:
        refusal = _refusal(failure)
        if refusal is None:
            raise
        raise refusal from failure


def execute(sql: str, params: Sequence[Any] = ()) -> None:
    """As fetch_all, without an answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
    except DatabaseError as failure:
        refusal = _refusal(failure)
        if refusal is None:
            raise
        raise refusal from failure


def stream(sql: str, params: Sequence[Any] | Mapping[str, Any], *, at_once: int = 5_000) -> Iterator[tuple[Any, ...]]:
    """The rows one by one, from a cursor on the server: any number of them needs the same memory. In a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(at_once):
            yield from rows


def fetch_one(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...]:
    """As fetch_all, for exactly one row."""
    (row,) = fetch_all(sql, params)
    return row


def numbers_array(numbers: Iterable[int]) -> str:
    """An array of numbers as PostgreSQL reads it: a fifth of the time that adapting a list takes."""
    return f"{{{','.join(map(str, numbers))}}}"


def texts_array(texts: Iterable[str]) -> str:
    """An array of texts as PostgreSQL reads it."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join([f'"{text}"' for text in quoted]) + "}"


def _refusal(failure: DatabaseError) -> errors.LedgerError | None:
    cause = failure.__cause__
    diagnosis = getattr(cause, "diag", None)
    return errors.from_database(
        sqlstate=getattr(cause, "sqlstate", None),
        constraint=getattr(diagnosis, "constraint_name", None),
        detail=getattr(diagnosis, "message_detail", None),
    )
