"""Accounts: opened, frozen, limited, closed; and the platform's own, from the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import book, chart, currencies, selectors, store
from ledger.models import FLAG_NO_CREDIT, FLAG_NO_DEBIT
from ledger.money import require_minor
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from ledger.facts import AccountView

_OPEN_MISSING = """
WITH platform AS (SELECT %s::integer AS book, %s::text AS owner_kind, %s::uuid AS owner_id, %s::timestamptz AS at)
SELECT count(ledger_open_account(p.book, c.id, c.public_id, p.owner_kind, p.owner_id, c.code, c.kind, c.currency,
                                 c.stripes, c.floor, NULL, p.at))
  FROM platform p, unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::bigint[])
       AS c (id, public_id, code, kind, currency, stripes, floor)
 WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.book = p.book AND a.id = c.id)
"""


def open_account(
    *,
    owner_kind: str,
    owner_id: UUID,
    code: str,
    currency: str,
    at: datetime,
    account_id: int | None = None,
    floor_minor: int | None = 0,
    ceiling_minor: int | None = None,
    stripes: int = 1,
) -> AccountView:
    """Opens the account of an owner under a code of the chart and a currency; it is there only once.

    Opened again, the account there is answered as it is. ``floor_minor`` None lets it go below zero without end;
    ``stripes`` spreads an account that many write to (no ceiling then). Raises CurrencyUnknown, AccountIdTaken,
    LimitsRefused; KeyError for a code that the chart does not know.
    """
    currencies.currency(currency)
    with db.transaction_if_not_already():
        (opened_id,) = store.fetch_one(
            "SELECT ledger_open_account(%s, %s::bigint, %s::uuid, %s, %s::uuid, %s, %s, %s, %s,"
            " %s::bigint, %s::bigint, %s::timestamptz)",
            [
                book.current(),
                account_id,
                ids.uuid7(at),
                owner_kind,
                owner_id,
                code,
                chart.kind_of(code),
                currency,
                stripes,
                _minor(floor_minor),
                _minor(ceiling_minor),
                at,
            ],
        )
        return selectors.account(opened_id)


def freeze(*, account_id: int, debit: bool, credit: bool, at: datetime) -> int:
    """Stops debits, credits or both; holds that are open stay. Returns the flags. Raises UnknownAccount."""
    return _set_flags(account_id, raised=_flags(debit, credit), lowered=0)


def unfreeze(*, account_id: int, at: datetime, debit: bool = True, credit: bool = True) -> int:
    """Lets debits, credits or both pass again. Returns the flags. Raises UnknownAccount."""
    return _set_flags(account_id, raised=0, lowered=_flags(debit, credit))


def set_limits(*, account_id: int, floor_minor: int | None, ceiling_minor: int | None) -> None:
    """Sets how low and how high a balance may go. Raises UnknownAccount; LimitsRefused if the balance does not fit."""
    with db.transaction_if_not_already():
        store.fetch_one(
            "SELECT ledger_set_limits(%s, %s::bigint, %s::bigint, %s::bigint)",
            [book.current(), account_id, _minor(floor_minor), _minor(ceiling_minor)],
        )


def close_account(*, account_id: int, at: datetime) -> datetime:
    """Closes an account with nothing on it and nothing held; returns when it was closed. Closing twice changes nothing.

    Raises UnknownAccount, AccountNotEmpty.
    """
    closed_at: datetime
    with db.transaction_if_not_already():
        (closed_at,) = store.fetch_one(
            "SELECT ledger_close_account(%s, %s::bigint, %s::timestamptz)", [book.current(), account_id, at]
        )
    return closed_at


def open_chart(*, at: datetime, only: Iterable[str] | None = None) -> int:
    """Opens every platform account of the chart in these currencies (else in all); those that are there stay.

    Returns how many were opened. Raises CurrencyUnknown.
    """
    wanted = [currencies.currency(code).code for code in (currencies.CURRENCIES if only is None else only)]
    rows = [
        (row, code, chart.platform_account_id(row.code, code)) for code in wanted for row in chart.PLATFORM_ACCOUNTS
    ]
    with db.transaction_if_not_already():
        (opened,) = store.fetch_one(
            _OPEN_MISSING,
            [
                book.current(),
                chart.PLATFORM_KIND,
                chart.PLATFORM_ID,
                at,
                [account_id for _, _, account_id in rows],
                [ids.derive(chart.PLATFORM_ID, f"{row.code} {code}") for row, code, _ in rows],
                [row.code for row, _, _ in rows],
                [row.kind for row, _, _ in rows],
                [code for _, code, _ in rows],
                [row.stripes for row, _, _ in rows],
                [row.floor_minor for row, _, _ in rows],
            ],
        )
    return int(opened)


def _minor(limit: int | None) -> int | None:
    return None if limit is None else require_minor(limit)


def _flags(debit: bool, credit: bool) -> int:
    return (FLAG_NO_DEBIT if debit else 0) | (FLAG_NO_CREDIT if credit else 0)


def _set_flags(account_id: int, *, raised: int, lowered: int) -> int:
    with db.transaction_if_not_already():
        (flags,) = store.fetch_one(
            "SELECT ledger_set_flags(%s, %s::bigint, %s, %s)", [book.current(), account_id, raised, lowered]
        )
    return int(flags)
