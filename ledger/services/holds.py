"""Money set aside: placed, released, extended, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger import book, selectors, store
from ledger.errors import CurrencyMismatch
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from ledger.facts import HoldView
    from ledger.money import Money


def place_hold(
    *,
    hold_id: UUID,
    account_id: int,
    amount: Money,
    reason: str,
    expires_at: datetime | None,
    at: datetime,
    destination_account_id: int | None = None,
    despite_freeze: bool = False,
) -> HoldView:
    """Reserves money on an account, once per ``hold_id``; until it is captured, released or lapses it is not available.

    ``reason`` is a code in capitals (TRANSFER, MATURING). ``expires_at`` None never lapses. With a destination, only an
    entry that credits it captures the hold. The account has room for it or InsufficientFunds is raised; also
    AccountFrozen, AccountClosed, CurrencyMismatch, UnknownAccount, HoldIdReused (another account, amount, reason or
    destination under the same id).
    """
    require_hold(amount=amount, expires_at=expires_at, at=at)
    (hold,) = _holds(
        "ledger_hold_open(%s, %s::uuid, %s::bigint, %s::bigint, %s::bigint, %s, %s,"
        " %s::timestamptz, %s::timestamptz, %s, %s::uuid)",
        [
            book.current(),
            hold_id,
            account_id,
            destination_account_id,
            amount.amount_minor,
            amount.currency,
            reason,
            expires_at,
            at,
            despite_freeze,
            ids.derive(hold_id, "sweep"),
        ],
    )
    return hold


def release_hold(*, hold_id: UUID, at: datetime, amount: Money | None = None) -> HoldView:
    """Gives back all that is left of a hold, or a part. Releasing all of it twice, or after it lapsed, changes nothing.

    Raises UnknownHold, HoldNotOpen (already captured), CaptureExceedsHold (a part larger than what is left),
    CurrencyMismatch.
    """
    db.transaction_required()
    require_same_currency([(hold_id, amount)])
    minor = None if amount is None else amount.amount_minor
    (hold,) = _holds(
        "ledger_hold_release(%s, %s::uuid, %s::bigint, %s::timestamptz)", [book.current(), hold_id, minor, at]
    )
    return hold


def extend_hold(*, hold_id: UUID, expires_at: datetime, at: datetime) -> HoldView:
    """Lets an open hold end later; an earlier moment changes nothing. Raises UnknownHold, HoldNotOpen."""
    db.transaction_required()
    (hold,) = _holds(
        "ledger_hold_extend(%s, %s::uuid, %s::timestamptz, %s::timestamptz)", [book.current(), hold_id, expires_at, at]
    )
    return hold


def expire_holds(*, at: datetime, limit: int = 500) -> int:
    """Ends lapsed holds and says how many. Busy accounts are skipped: who needs the money ends them itself."""
    with db.transaction_if_not_already():
        (count,) = store.fetch_one("SELECT ledger_hold_expire(%s, %s::timestamptz, %s)", [book.current(), at, limit])
    return int(count)


def require_hold(*, amount: Money, expires_at: datetime | None, at: datetime) -> None:
    """A hold is placed in a transaction, is above zero and ends after it begins; else ValueError (a defect)."""
    db.transaction_required()
    if amount.amount_minor <= 0:
        raise ValueError("A hold is above zero.")
    if expires_at is not None and expires_at <= at:
        raise ValueError("A hold ends after it begins.")


def require_same_currency(asked: Iterable[tuple[UUID, Money | None]]) -> None:
    """What is asked of each hold is in its currency, before anything is written; else CurrencyMismatch.

    Only a named amount costs this look. A hold that is not there is left to the statement that comes.
    """
    named = [(hold_id, amount.currency) for hold_id, amount in asked if amount is not None]
    if not named:
        return
    known = selectors.hold_currencies([hold_id for hold_id, _ in named])
    for hold_id, currency in named:
        if known.get(hold_id, currency) != currency:
            raise CurrencyMismatch(hold_id=str(hold_id), currency=currency)


def _holds(call: str, params: list[Any]) -> list[HoldView]:
    rows = store.fetch_all(f"SELECT {selectors.HOLD_COLUMNS} FROM {call} h {selectors.HOLD_ACCOUNT}", params)
    return [selectors.hold_view(row) for row in rows]
