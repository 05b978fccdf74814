"""The chart of accounts: which accounts there are, as data. Opened by ``manage.py open_chart``.

Platform accounts have ids above 2^40, made of their number here and the currency's number, so that their hot rows are
always locked after people's. Numbers are never changed or given twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ledger import currencies

PLATFORM_KIND = "platform"
PLATFORM_ID = UUID("00000000-0000-7000-8000-000000000001")
PLATFORM_IDS_FROM = 2**40
_CURRENCIES_MAX = 2**16


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """One account per currency. ``floor_minor`` None: may go below zero. ``stripes``: how many rows share the load."""

    number: int
    code: str
    kind: str
    floor_minor: int | None = None
    stripes: int = 1


PLATFORM_ACCOUNTS: tuple[PlatformAccount, ...] = (
    PlatformAccount(1, "clearing.stripe", "asset", stripes=8),  # what Stripe owes us (negative) or we owe it
    PlatformAccount(2, "clearing.paypal", "asset", stripes=8),
    PlatformAccount(3, "clearing.bank", "asset", stripes=8),
    PlatformAccount(4, "bank.operating", "asset", stripes=8),  # what our bank has for us (negative: we have it)
    PlatformAccount(10, "income.fees", "income", stripes=8),
    PlatformAccount(
        11, "position.fx", "asset", stripes=8
    ),  # one per currency: the two sides of every exchange meet here
    PlatformAccount(12, "rounding", "income"),
    PlatformAccount(20, "claims", "liability", floor_minor=0, stripes=4),  # sent to people who have no wallet yet
    PlatformAccount(21, "suspense", "liability"),  # arrived, owner not yet known
    PlatformAccount(30, "losses", "expense"),
    PlatformAccount(31, "promotions", "expense"),
    PlatformAccount(40, "equity.opening", "equity"),
)

CUSTOMER_KINDS: dict[str, str] = {
    "wallet": "liability",
    "pot": "liability",
    "merchant": "liability",
    "gift": "liability",
    "debt": "asset",  # no floor: how much a person owes us
}

_BY_CODE = {account.code: account for account in PLATFORM_ACCOUNTS}


def platform_account(code: str) -> PlatformAccount:
    """The row of the chart; KeyError for a code that is not in it."""
    return _BY_CODE[code]


def platform_account_id(code: str, currency: str) -> int:
    """The id of a platform account in one currency, known without asking the database."""
    return PLATFORM_IDS_FROM + _BY_CODE[code].number * _CURRENCIES_MAX + currencies.number(currency)


def kind_of(code: str) -> str:
    """The accounting kind (liability, asset, income, expense, equity) of an account code."""
    return CUSTOMER_KINDS[code] if code in CUSTOMER_KINDS else _BY_CODE[code].kind
