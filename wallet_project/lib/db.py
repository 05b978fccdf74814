"""Words for transactions, so that a line says which kind it means (docs/adr/0020).

``transaction``               opens one; refuses to be nested, so its end is a COMMIT
``snapshot``                  opens one whose reads all see the same moment
``transaction_if_not_already`` opens one, or joins the caller's
``transaction_required``      a helper's guard: the caller must have opened one
``savepoint``                 part of an open transaction that may be undone alone
``refuse_in_transaction``     a guard before calls to the outside and before checks that commit on their own
``after_commit``              only for accounts.audit, which tells the rest of the house

The transaction that a test case wraps around a test does not count as one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db import transaction as django_transaction
from django.utils.connection import ConnectionDoesNotExist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class AlreadyInTransaction(RuntimeError):
    """A defect: this must begin outside any transaction."""


class NotInTransaction(RuntimeError):
    """A defect: this must be called inside a transaction."""


def in_transaction(*, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether an ``atomic`` other than a test case's own is open."""
    connection = connections[using]
    if not connection.in_atomic_block:
        return False
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


@contextmanager
def transaction(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Opens a transaction that commits at its end. Nested in another it raises AlreadyInTransaction."""
    if in_transaction(using=using):
        raise AlreadyInTransaction("transaction() inside a transaction: use transaction_if_not_already or savepoint.")
    with django_transaction.atomic(using=using, durable=True):
        yield


@contextmanager
def snapshot(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """A transaction whose reads all see one moment. Nested in another it raises AlreadyInTransaction.

    Inside the transaction that a test case wraps around a test, PostgreSQL cannot set that any more: an ordinary one.
    """
    with transaction(using=using):
        connection = connections[using]
        if len(connection.atomic_blocks) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def transaction_if_not_already(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Opens a transaction, or joins the open one; an error that leaves it then spoils the whole."""
    with django_transaction.atomic(using=using, savepoint=not in_transaction(using=using)):
        yield


@contextmanager
def savepoint(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """A part of the open transaction that can fail alone; outside one it raises NotInTransaction."""
    transaction_required(using=using)
    with django_transaction.atomic(using=using):
        yield


def transaction_required(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Raises NotInTransaction unless the caller opened a transaction. A statement, not a block."""
    if not in_transaction(using=using):
        raise NotInTransaction("This belongs inside the caller's transaction: open one with db.transaction().")


def refuse_in_transaction(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Raises AlreadyInTransaction when a transaction is open: outside calls and PIN checks come before or after it."""
    if in_transaction(using=using):
        raise AlreadyInTransaction("Not inside a transaction: commit first, then call out or check the PIN.")


def after_commit(action: Callable[[], Any], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Runs ``action`` once the open transaction has committed; its errors are logged and harm nobody.

    For accounts.audit only: everything else publishes an event.
    """
    transaction_required(using=using)
    django_transaction.on_commit(action, using=using, robust=True)


class OwnerMigrates:
    """Rows are read and written as the app role; tables are made by the owner alone."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._alias(hints)

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return self._alias(hints)

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

    @staticmethod
    def _alias(hints: dict[str, Any]) -> str:
        instance = hints.get("instance")
        return (instance._state.db if instance is not None else None) or DEFAULT_DB_ALIAS


def has_owner() -> bool:
    """Whether this process was given the owner's address (web and workers are not)."""
    try:
        connections["owner"]
    except ConnectionDoesNotExist:
        return False
    return bool(settings.DATABASES["owner"])
