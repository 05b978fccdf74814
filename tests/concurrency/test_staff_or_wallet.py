"""Somebody becomes staff while their wallet opens: the second waits for the first, and is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, connections

from accounts.identity.models import User
from accounts.wallets.selectors import balances_of
from ledger import services as ledger
from tests.factories.people import now
from tests.journeys.waiting import until
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("clone_db")


def _open_wallet(user: User) -> None:
    ledger.open_account(owner_kind="person", owner_id=user.pk, code="wallet", currency="EUR", at=now(), floor_minor=0)


def _become_staff(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("first", "second"), [(_open_wallet, _become_staff), (_become_staff, _open_wallet)], ids=["wallet", "staff"]
)
def test_whoever_comes_first_stays_alone(first: Callable[[User], None], second: Callable[[User], None]) -> None:
    user = User.objects.create_user(handle=f"both.{first.__name__.strip('_')[:10]}")

    def follow() -> None:
        try:
            second(user)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            first(user)
            following = pool.submit(follow)
            assert until(_somebody_waits)
        with pytest.raises(IntegrityError, match="staff"):
            following.result(30)
    is_staff, owns = User.objects.get(pk=user.pk).is_staff, bool(balances_of(user))
    assert (is_staff, owns) == (first is _become_staff, first is _open_wallet)
