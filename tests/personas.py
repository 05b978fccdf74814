"""The people every test knows: alice verified, bob receives, carol a merchant, mallory tries everything; and staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.money import Money
from tests.factories.people import give_money, make_person, make_staff

if TYPE_CHECKING:
    from accounts.identity.models import User


@pytest.fixture
def alice(db: None) -> User:
    """Verified, with a PIN and EUR 300.00 to spend."""
    user = make_person("alice")
    give_money(user, Money(30_000, "EUR"))
    return user


@pytest.fixture
def bob(db: None) -> User:
    """Verified, with a PIN and an empty wallet: he receives."""
    return make_person("bob")


@pytest.fixture
def carol(db: None) -> User:
    """A merchant, so far a customer like others."""
    return make_person("carol")


@pytest.fixture
def mallory(db: None) -> User:
    """A stranger who tries everything; has a wallet, no PIN and no money."""
    return make_person("mallory", pin=None)


@pytest.fixture
def dave(db: None) -> User:
    """Support."""
    return make_staff("dave")


@pytest.fixture
def erin(db: None) -> User:
    """Compliance."""
    return make_staff("erin")


@pytest.fixture
def frank(db: None) -> User:
    """Compliance lead."""
    return make_staff("frank")


@pytest.fixture
def grace(db: None) -> User:
    """Treasury."""
    return make_staff("grace")
