"""The verbs of the ledger. It records; whoever calls it announces.

``post``, ``capture_hold`` and the hold verbs join the caller's transaction and need one: business row, entry and event
commit together or not at all. Call them last: they lock balances until the commit. A refusal spoils the transaction;
whoever must record the refusal does so in a new one. Each verb is one round trip and safe to repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger import book, chart, currencies, selectors, store
from ledger.entries import EntryDraft, Leg, canonical_json
from ledger.errors import CurrencyMismatch
from ledger.facts import AccountView, BalanceAfter, HoldView, Posted
from ledger.models import FLAG_NO_CREDIT, FLAG_NO_DEBIT
from ledger.money import Money, require_minor
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_POST = """
SELECT account, stripe, posted, held, replayed FROM ledger_post(
    %s, %s::uuid, %s, %s::bytea, %s::uuid, %s::timestamptz, %s, %s, %s::jsonb, %s::bigint[], %s::bigint[], %s::text[],
    %s::uuid[], %s::bigint[], %s::timestamptz, %s)
"""

_OPEN_MISSING = """
WITH platform AS (SELECT %s::integer AS book, %s::text AS owner_kind, %s::uuid AS owner_id, %s::timestamptz AS at)
SELECT count(ledger_open_account(p.book, c.id, c.public_id, p.owner_kind, p.owner_id, c.code, c.kind, c.currency,
                                 c.stripes, c.floor, NULL, p.at))
  FROM platform p, unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::bigint[])
       AS c (id, public_id, code, kind, currency, stripes, floor)
 WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.book = p.book AND a.id = c.id)
"""


def post(draft: EntryDraft, *, despite_freeze: bool = False) -> Posted:
    """Posts one entry, once. The same intent and step again answers what it did then (``replayed``).

    ``despite_freeze`` is for what must be booked whoever is frozen: a charge-back, a repayment of debt, the law.
    Raises InsufficientFunds, AccountFrozen, AccountClosed, CeilingExceeded, CurrencyMismatch, UnknownAccount,
    EntryIdReused, AlreadyReversed, AmountOutOfRange.
    """
    return _post(draft, hold_ids=[], captures=[], at=None, despite_freeze=despite_freeze)


def post_many(drafts: Iterable[EntryDraft]) -> list[Posted]:
    """Posts entries in their order, all or none. Raises what ``post`` raises."""
    return [post(draft) for draft in drafts]


def post_and_hold(
    draft: EntryDraft,
    *,
    hold_id: UUID,
    account_id: int,
    amount: Money,
    reason: str,
    expires_at: datetime | None,
    at: datetime,
) -> tuple[Posted, HoldView]:
    """Posts an entry and holds part of what it brought, so that it is never available in between (maturing money).

    A frozen account still takes its money and the hold. Raises what ``post`` and ``place_hold`` raise.
    """
    posted = post(draft)
    hold = place_hold(
        hold_id=hold_id,
        account_id=account_id,
        amount=amount,
        reason=reason,
        expires_at=expires_at,
        at=at,
        despite_freeze=True,
    )
    return posted, hold


def reverse(
    *, entry_id: UUID, intent_id: UUID, step: str, at: datetime, actor: str, despite_freeze: bool = False
) -> Posted:
    """Takes an entry back by a new one with all amounts turned; an entry is reversed once.

    Raises UnknownEntry, AlreadyReversed (by another entry) and what ``post`` raises.
    """
    entry = selectors.entry_with_postings(entry_id)
    draft = EntryDraft(
        intent_id=intent_id,
        step=step,
        kind="reversal",
        legs=tuple(Leg(line.account_id, -line.amount_minor, line.currency) for line in selectors.own_legs(entry)),
        effective_at=at,
        actor=actor,
        reference=entry.reference,
        details={"reversed_kind": entry.kind},
        reverses=entry_id,
    )
    return post(draft, despite_freeze=despite_freeze)


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
    db.transaction_required()
    if amount.amount_minor <= 0:
        raise ValueError("A hold is above zero.")
    if expires_at is not None and expires_at <= at:
        raise ValueError("A hold ends after it begins.")
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


def capture_hold(
    *, hold_id: UUID, draft: EntryDraft, amount: Money | None = None, at: datetime, despite_freeze: bool = False
) -> Posted:
    """Posts an entry that pays out (part of) a hold; what is available never dips in between.

    ``amount`` is how much of the hold this uses, at most what the entry takes from its account; None: exactly that.
    A hold can be captured in parts. The same draft again is a replay and leaves the hold alone.
    Raises UnknownHold, HoldNotOpen, CaptureExceedsHold, CaptureMismatch and what ``post`` raises.
    """
    if amount is not None:
        if amount.amount_minor <= 0:
            raise ValueError("A capture is above zero.")
        if amount.currency not in {leg.currency for leg in draft.legs}:
            raise CurrencyMismatch(hold_id=str(hold_id), currency=amount.currency)
    captures = [None if amount is None else amount.amount_minor]
    return _post(draft, hold_ids=[hold_id], captures=captures, at=at, despite_freeze=despite_freeze)


def release_hold(*, hold_id: UUID, at: datetime, amount: Money | None = None) -> HoldView:
    """Gives back all that is left of a hold, or a part. Releasing all of it twice, or after it lapsed, changes nothing.

    Raises UnknownHold, HoldNotOpen (already captured), CaptureExceedsHold (a part larger than what is left).
    """
    db.transaction_required()
    minor = None if amount is None else amount.amount_minor
    (hold,) = _holds(
        "ledger_hold_release(%s, %s::uuid, %s::bigint, %s::timestamptz)", [book.current(), hold_id, minor, at]
    )
    if amount is not None and hold.amount.currency != amount.currency:
        raise CurrencyMismatch(hold_id=str(hold_id), currency=amount.currency)
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
                None if floor_minor is None else require_minor(floor_minor),
                None if ceiling_minor is None else require_minor(ceiling_minor),
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
            [book.current(), account_id, floor_minor, ceiling_minor],
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


def _post(
    draft: EntryDraft, *, hold_ids: list[UUID], captures: list[int | None], at: datetime | None, despite_freeze: bool
) -> Posted:
    db.transaction_required()
    entry_id = draft.entry_id
    rows = store.fetch_all(
        _POST,
        [
            book.current(),
            entry_id,
            draft.kind,
            draft.request_hash,
            draft.reverses,
            draft.effective_at,
            draft.actor,
            draft.reference,
            canonical_json(draft.details),
            [leg.account_id for leg in draft.legs],
            [leg.amount_minor for leg in draft.legs],
            [leg.currency for leg in draft.legs],
            hold_ids,
            captures,
            at,
            despite_freeze,
        ],
    )
    after = {(account, stripe): (posted, held) for account, stripe, posted, held, _ in rows}
    return Posted(
        entry_id=entry_id,
        replayed=rows[0][4],
        balances=tuple(BalanceAfter(*key, *amounts) for key, amounts in after.items()),
    )


def _holds(call: str, params: list[Any]) -> list[HoldView]:
    rows = store.fetch_all(f"SELECT {selectors.HOLD_COLUMNS} FROM {call} h {selectors.HOLD_ACCOUNT}", params)
    return [selectors.hold_view(row) for row in rows]


def _flags(debit: bool, credit: bool) -> int:
    return (FLAG_NO_DEBIT if debit else 0) | (FLAG_NO_CREDIT if credit else 0)


def _set_flags(account_id: int, *, raised: int, lowered: int) -> int:
    with db.transaction_if_not_already():
        (flags,) = store.fetch_one(
            "SELECT ledger_set_flags(%s, %s::bigint, %s, %s)", [book.current(), account_id, raised, lowered]
        )
    return int(flags)
