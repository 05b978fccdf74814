"""A customer and two withdrawals that wait on the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.money import Money
from tests.factories.people import give_money, make_person, now
from tests.factories.withdrawals import add_account, confirmed

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal

SMALL, LARGE = 60_000, 480_000


@pytest.fixture
def anna(db: None) -> User:
    """EUR 6,000.00, an account that has cooled off, so only the amount makes a person look."""
    user = make_person("anna", phone="+4915112345621", phone_verified_at=now() - timedelta(days=9))
    give_money(user, Money(600_000, "EUR"))
    return user


@pytest.fixture
def small(anna: User) -> Withdrawal:
    return confirmed(anna, add_account(anna), SMALL)


@pytest.fixture
def large(anna: User) -> Withdrawal:
    return confirmed(anna, add_account(anna), LARGE)
