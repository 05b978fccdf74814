"""Every refusal's sentence, next step and HTTP status: one table for pages, the API and the desk.

It is published at /api/v1/errors/. A test keeps it equal to the ``code`` of every WalletError in the code.
Details may use the error's params as ``%(name)s``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from ledger.formatting import format_money
from ledger.money import Money
from wallet_project.error_catalogue import bank_details, edge, general, money, people, privacy, staff, statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from wallet_project.lib.describing import Entry

ENTRIES: tuple[Entry, ...] = (
    *general.GENERAL,
    *general.IDEMPOTENCY,
    *general.LISTS,
    *general.SIGN_IN,
    *people.STAFF,
    *staff.DESK,
    *edge.EDGE,
    *people.CONFIRMATION,
    *people.PEOPLE,
    *money.PAYMENTS,
    *bank_details.BANK_DETAILS,
    *money.TRANSFERS,
    *money.BANKING,
    *money.WALLETS,
    *statements.STATEMENTS,
    *privacy.PRIVACY,
    *money.TYPED_AMOUNTS,
    *money.LEDGER,
)


def _money(value: Money) -> str:
    return format_money(value, get_language() or "en")


READERS: dict[type, Callable[[Any], str]] = {Money: _money}
"""How values among an error's params read in a sentence; others are shown as text."""
