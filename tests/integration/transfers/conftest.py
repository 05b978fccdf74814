"""What the tests of transfers share: a moment, an origin, a sent payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories.people import now
from tests.factories.transfers import known_payee

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User
    from transfers.payees.models import Payee


@pytest.fixture
def at() -> datetime:
    """The moment a test acts."""
    return now()


@pytest.fixture
def bob_known(alice: User, bob: User) -> Payee:
    """Bob as Alice knows him: paid before, not trusted."""
    return known_payee(alice, bob)


@pytest.fixture
def bob_trusted(alice: User, bob: User) -> Payee:
    """Bob as Alice knows him: paid before and trusted."""
    return known_payee(alice, bob, trusted=True)
