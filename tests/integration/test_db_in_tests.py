"""The transaction that wraps an ordinary test does not count: services behave in tests as they do outside."""

from __future__ import annotations

import pytest
from django.db import connection

from wallet_project.lib import db

pytestmark = pytest.mark.django_db


def test_the_wrapping_transaction_does_not_count() -> None:
    assert connection.in_atomic_block
    assert not db.in_transaction()
    db.refuse_in_transaction()
    with pytest.raises(db.NotInTransaction):
        db.transaction_required()


def test_a_transaction_inside_it_does() -> None:
    with db.transaction():
        db.transaction_required()
        with pytest.raises(db.AlreadyInTransaction):
            db.refuse_in_transaction()
    assert not db.in_transaction()


def test_tests_connect_as_the_app_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("wallet_app", False, False, False)
